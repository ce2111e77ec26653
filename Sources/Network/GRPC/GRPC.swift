// GRPC: see docs/architecture.md.
