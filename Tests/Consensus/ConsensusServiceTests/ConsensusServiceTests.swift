// Tests of ConsensusService.
