// Tests of CometBFT.
