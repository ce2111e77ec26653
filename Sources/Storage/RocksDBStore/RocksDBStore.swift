// RocksDBStore: see docs/architecture.md.
