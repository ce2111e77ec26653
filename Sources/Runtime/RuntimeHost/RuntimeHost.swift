// RuntimeHost: see docs/architecture.md.
