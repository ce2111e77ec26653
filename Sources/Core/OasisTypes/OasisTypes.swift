// OasisTypes: see docs/architecture.md.
