// Tests of OasisTypes.
