// Tests of GRPC.
