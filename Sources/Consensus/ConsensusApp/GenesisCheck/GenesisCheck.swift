public import OasisCrypto
public import OasisTypes

/// What is wrong with a genesis document.
public struct GenesisError: Error, Hashable, Sendable, CustomStringConvertible {
  public var description: String
  public init(_ description: String) { self.description = description }
}

/// The checks that a document must pass before a node starts with it (sheet 01 §14.9), in the reference's order.
///
/// Rules of state (claims, commission schedules) are the services' own, so the checks live beside them.
public struct GenesisCheck {
  let document: GenesisDocument
  /// Debug parameters are accepted.
  let allowsDebug: Bool
  /// Keys that count for nothing, without those that the document itself lists.
  let blacklist: PublicKeyBlacklist
  /// What each account must hold, found on the way.
  var claims: [Address: Quantity] = [:]

  private init(_ document: GenesisDocument, allowsDebug: Bool, blacklist: PublicKeyBlacklist) {
    (self.document, self.allowsDebug, self.blacklist) = (document, allowsDebug, blacklist)
  }

  /// - Throws: ``GenesisError`` for the first rule that is broken.
  public static func run(
    _ document: GenesisDocument, allowsDebug: Bool = false, blacklist: PublicKeyBlacklist = .production
  ) throws(GenesisError) {
    var check = GenesisCheck(document, allowsDebug: allowsDebug, blacklist: blacklist)
    try check.basics()
    try check.consensus()
    try check.beacon()
    try check.registry()
    let rootHash = document.rootHash.parameters
    if !allowsDebug { try check.refuse(rootHash.debugBypassStake || rootHash.debugDoNotSuspendRuntimes, "roothash", unsafeFlags) }
    try check.staking()
    try check.keyManager()
    try check.scheduler()
    try check.governance()
    if let vault = document.vault, let violation = vault.parameters.violation { throw check.failure("vault", violation) }
    if !document.staking.parameters.debugBypassStake { try check.stake() }
  }

  static let unsafeFlags = "one or more unsafe debug flags set"

  func failure(_ section: String, _ reason: String) -> GenesisError { GenesisError("\(section): sanity check failed: \(reason)") }

  func refuse(_ condition: Bool, _ section: String, _ reason: @autoclosure () -> String) throws(GenesisError) {
    if condition { throw failure(section, reason()) }
  }

  private func basics() throws(GenesisError) {
    try refuse(document.height < 1, "genesis", "height must be >= 1")
    try refuse(document.chainID.allSatisfy(\.isWhitespace), "genesis", "chain ID must not be empty")
  }

  private func consensus() throws(GenesisError) {
    let parameters = document.consensus.parameters
    try refuse(
      parameters.timeoutCommit < 1_000_000 && !parameters.skipTimeoutCommit, "consensus", "timeout commit must be >= 1ms")
    if parameters.stateCheckpointInterval > 0, !allowsDebug {
      try refuse(parameters.stateCheckpointInterval < 1000, "consensus", "state checkpoint interval must be >= 1000")
      try refuse(parameters.stateCheckpointNumKept == 0, "consensus", "number of kept state checkpoints must be > 0")
      try refuse(parameters.stateCheckpointChunkSize < 1 << 20, "consensus", "state checkpoint chunk size must be >= 1 MiB")
    }
    var seen: Set<PublicKey> = []
    for key in parameters.publicKeyBlacklist {
      try refuse(!seen.insert(key).inserted, "consensus", "redundant blacklisted public key: '\(key)'")
      try refuse(blacklist.contains(key), "consensus", "public key already in blacklist: '\(key)'")
    }
  }

  private func beacon() throws(GenesisError) {
    let genesis = document.beacon
    if let problem = genesis.parameters.problem { throw failure("beacon", problem) }
    try refuse(genesis.parameters.debugMockBackend && !allowsDebug, "beacon", Self.unsafeFlags)
    try refuse(genesis.base == EpochLimits.invalid, "beacon", "starting epoch is invalid")
  }

  private func keyManager() throws(GenesisError) {
    for status in document.keyManager.statuses {
      guard let status else { throw failure("keymanager", "missing status") }
      try refuse(!status.id.isKeyManager, "keymanager", "key manager runtime ID \(status.id) is invalid")
      for node in status.nodes ?? [] { try refuse(blacklist.contains(node), "keymanager", "key manager node ID \(node) is invalid") }
      if let violation = status.policy?.violation(replacing: nil, blacklist: blacklist) { throw GenesisError(violation) }
      if let violation = status.nextPolicy?.violation(replacing: status.policy, blacklist: blacklist) { throw GenesisError(violation) }
    }
  }

  private func scheduler() throws(GenesisError) {
    let parameters = document.scheduler.parameters
    try refuse(parameters.usesDebugFeatures && !allowsDebug, "scheduler", Self.unsafeFlags)
    if parameters.debugBypassStake { return }
    let supply = document.staking.totalSupply
    guard let power = parameters.votingPowerDistribution.power(ofStake: supply) else {
      throw failure("scheduler", "total supply would break voting power computation: \(supply)")
    }
    let limit = Int64.max / 8
    if power > limit {
      throw GenesisError("init chain: total supply power \(power) exceeds CometBFT voting power limit \(limit)")
    }
  }

  /// Every account holds what its entity, nodes and runtimes claim.
  private func stake() throws(GenesisError) {
    for (address, expected) in claims.sorted(by: { $0.key < $1.key }) {
      let active = document.staking.ledger[address]?.escrow.active.balance ?? Quantity()
      if active < expected {
        throw GenesisError(
          "insufficient stake for account \(address) (expected: \(expected) got: \(active)): staking: insufficient stake")
      }
    }
  }

  /// Notes what an account must hold besides what it must already.
  mutating func claim(_ address: Address, _ thresholds: [StakeThreshold]?) throws(GenesisError) {
    for threshold in thresholds ?? [] {
      do { claims[address, default: Quantity()] += try threshold.value(document.staking.parameters.thresholds) } catch {
        throw failure("staking", "\(error)")
      }
    }
  }
}
