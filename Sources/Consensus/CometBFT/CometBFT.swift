// CometBFT: see docs/architecture.md.
