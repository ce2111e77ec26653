internal import Bytes
internal import OasisCrypto
internal import OasisTypes

/// One election of validators and committees for an epoch (sheet 05 §B.7): what all its parts look at, and what they found.
struct Election {
  /// A node that takes part.
  struct Candidate {
    let node: Node
    let status: Registry.NodeStatus
    var entity: Address { Address(node.entityID) }
  }

  let context: Context
  let epoch: Epoch
  let parameters: SchedulerParameters
  let isVRF: Bool
  /// The random value that shuffles use.
  let entropy: [UInt8]
  /// The proofs that elections by VRF use, and whether committees may be elected by them.
  let previous: PreviousVRFState?
  /// Neither frozen nor expired, ascending by id.
  let candidates: [Candidate]
  private let claims: StakeClaims
  /// Entities with an elected validator.
  private(set) var validatorEntities: Set<Address> = []
  /// Entities that are rewarded for taking part.
  private(set) var rewardable: Set<Address> = []

  init(_ context: Context, epoch: Epoch) throws {
    let beacon = BeaconState(context.state)
    (self.context, self.epoch) = (context, epoch)
    parameters = try SchedulerState(context.state).parameters()
    isVRF = try beacon.parameters().isVRF
    entropy = try beacon.value()
    previous = try beacon.vrfState()?.previous
    guard !isVRF || previous != nil else { throw StateError("scheduler: no proofs of the epoch before") }
    var candidates: [Candidate] = []
    let registry = RegistryState(context.state)
    for node in try registry.allNodes() {
      guard let status = try registry.nodeStatus(node.id) else { throw StateError("node \(node.id) has no status") }
      if !status.isFrozen && !node.isExpired(at: epoch) { candidates.append(Candidate(node: node, status: status)) }
    }
    self.candidates = candidates
    claims = try StakeClaims(context.state)
  }

  /// Whether the entity's stake covers all its claims, or does not matter.
  func hasStake(_ entity: Address) throws -> Bool {
    if parameters.debugBypassStake { return true }
    do { try claims.check(entity) } catch  where error.isFatal { throw error } catch { return false }
    return true
  }

  func random(_ purpose: String, nonce: [UInt8] = []) throws -> ElectionRandom {
    try ElectionRandom(entropy: entropy, nonce: nonce, personalization: Array(purpose.utf8))
  }

  // MARK: Sortition

  func hasProof(_ candidate: Candidate) -> Bool { previous?.proofs?[candidate.node.id] != nil }

  /// The candidates that sent a proof, ordered by a hash of its output (sheet 05 §B.5).
  func sortition(_ candidates: [Candidate], _ purpose: Sortition) throws -> [Candidate] {
    var seen: Set<[UInt8]> = []
    var hashed: [(hash: [UInt8], candidate: Candidate)] = []
    for candidate in candidates {
      guard let proof = previous?.proofs?[candidate.node.id] else { continue }
      guard let output = VRF.output(of: proof.proof) else { throw StateError("VRF proof of node \(candidate.node.id) is damaged") }
      var hash = TupleHash(customization: Array(purpose.customization.utf8))
      hash.add(Array(context.chain.chainContext.utf8))
      hash.add(epoch.bigEndianBytes)
      for element in purpose.elements { hash.add(element) }
      hash.add(output)
      let digest = hash.finish()
      if seen.insert(digest).inserted { hashed.append((digest, candidate)) }
    }
    return hashed.sorted { $0.hash.lexicographicallyPrecedes($1.hash) }.map(\.candidate)
  }

  mutating func reward(_ entity: Address) { rewardable.insert(entity) }
}

/// What a sortition is for: it decides what is hashed with the proofs.
struct Sortition {
  let customization: String
  let elements: [[UInt8]]

  static let validators = Sortition(customization: "oasis-core:vrf/validator", elements: [])

  static func committee(_ runtime: Namespace, _ kind: CommitteeKind, _ role: CommitteeRole) -> Sortition {
    Sortition(customization: "oasis-core:vrf/committee", elements: [runtime.bytes, [kind.rawValue], [role.rawValue]])
  }

  static func deduplication(_ runtime: Namespace, _ kind: CommitteeKind, _ role: CommitteeRole) -> Sortition {
    Sortition(customization: "oasis-core:vrf/dedup", elements: [runtime.bytes, [kind.rawValue], [role.rawValue]])
  }
}

// MARK: - Validators

extension Election {
  /// Elects the validators and leaves them pending (sheet 05 §B.8).
  ///
  /// - Throws: an error that ends the block if there are too few.
  mutating func electValidators() throws {
    let nodes = try candidates.filter { try $0.node.hasRoles(.validator) && hasStake($0.entity) }
    let groups = Dictionary(grouping: try validatorOrder(nodes), by: \.entity)
    var elected: [PublicKey: Validator] = [:]
    electing: for entity in try entityOrder(Set(nodes.map(\.entity))) {
      for candidate in (groups[entity] ?? []).prefix(max(parameters.maxValidatorsPerEntity, 0)) {
        let power = parameters.debugBypassStake ? 1 : try votingPower(try claims.escrow(entity).active.balance, parameters)
        reward(entity)
        validatorEntities.insert(entity)
        elected[candidate.node.consensus.id] = Validator(
          id: candidate.node.id, entityID: candidate.node.entityID, votingPower: power)
        if elected.count >= parameters.maxValidators { break electing }
      }
    }
    guard !elected.isEmpty else { throw StateError("scheduler: failed to elect any validators") }
    guard elected.count >= parameters.minValidators else {
      throw StateError("scheduler: insufficient validators (\(elected.count) of \(parameters.minValidators))")
    }
    SchedulerState.pendingValidators.set(context.state, to: elected)
  }

  /// Entities by stake, the largest first; equal ones in random order.
  private func entityOrder(_ entities: Set<Address>) throws -> [Address] {
    var order = entities.sorted()
    var random = try random("EkS-ABCI-Entities")
    random.shuffle(&order)
    if parameters.debugBypassStake { return order }
    let stakes = try order.map { (entity: $0, stake: try claims.escrow($0).active.balance) }
    return stakes.enumerated().sorted { left, right in
      left.element.stake != right.element.stake ? left.element.stake > right.element.stake : left.offset < right.offset
    }.map(\.element.entity)
  }

  /// Candidates in the order in which an entity's places are given.
  private func validatorOrder(_ nodes: [Candidate]) throws -> [Candidate] {
    if isVRF, nodes.count(where: hasProof) >= parameters.minValidators { return try sortition(nodes, .validators) }
    var random = try random("EkS-ABCI-Validators")
    return random.permutation(nodes.count).map { nodes[$0] }
  }
}
