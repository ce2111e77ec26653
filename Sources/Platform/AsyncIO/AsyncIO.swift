// AsyncIO: see docs/architecture.md.
