public import OasisTypes

/// A consensus block as a light client needs it (07 C.6); `meta` is nil in requests that need no block.
public typealias LightBlock = Consensus.LightBlock

/// The validators of a height (07 C.6).
public typealias Validators = Consensus.Validators
