// Tests of RocksDBStore.
