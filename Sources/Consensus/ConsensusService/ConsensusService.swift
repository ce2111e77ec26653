// ConsensusService: see docs/architecture.md.
