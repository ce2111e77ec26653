// CommandLineTool: see docs/architecture.md.
