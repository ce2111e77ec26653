// Tests of RuntimeHistory.
