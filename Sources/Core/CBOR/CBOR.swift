// CBOR: see docs/architecture.md.
