// Tests of MKVSDatabase.
