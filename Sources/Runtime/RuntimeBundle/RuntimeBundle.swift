// RuntimeBundle: see docs/architecture.md.
