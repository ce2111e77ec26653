// MKVSDatabase: see docs/architecture.md.
