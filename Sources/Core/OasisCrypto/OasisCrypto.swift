// OasisCrypto: see docs/architecture.md.
