// Tests of RuntimeProtocol.
