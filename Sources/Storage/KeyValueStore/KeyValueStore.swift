// KeyValueStore: see docs/architecture.md.
