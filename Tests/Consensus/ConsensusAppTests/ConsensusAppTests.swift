// Tests of ConsensusApp.
