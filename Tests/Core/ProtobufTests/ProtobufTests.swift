// Tests of Protobuf.
