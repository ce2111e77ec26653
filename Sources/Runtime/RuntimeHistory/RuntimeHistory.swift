// RuntimeHistory: see docs/architecture.md.
