// ConsensusApp: see docs/architecture.md.
