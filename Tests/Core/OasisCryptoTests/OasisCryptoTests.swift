// Tests of OasisCrypto.
