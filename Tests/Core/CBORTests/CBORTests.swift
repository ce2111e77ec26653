// Tests of CBOR.
