// RuntimeProtocol: see docs/architecture.md.
