// Protobuf: see docs/architecture.md.
