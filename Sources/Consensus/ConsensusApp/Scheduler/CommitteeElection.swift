internal import Bytes
internal import OasisCrypto
internal import OasisTypes

// The election of executor committees (sheet 05 §B.9).

extension Election {
  /// Elects a committee for each runtime that is not suspended, or removes the one there was.
  mutating func electCommittees() throws {
    let onlyCompute = try context.hasFeature(major: 26, minor: 1)
    let eligible =
      isVRF && !parameters.debugAllowWeakAlpha
      ? candidates.filter { $0.status.isEligibleForElection(at: epoch) } : candidates
    let state = SchedulerState(context.state)
    for runtime in try RegistryState(context.state).activeRuntimes() where runtime.isCompute || !onlyCompute {
      let members = try electMembers(runtime, eligible)
      state.setCommittee(.executor, of: runtime.id, members.map { committee(runtime.id, $0) })
    }
  }

  private func committee(_ runtime: Namespace, _ members: [CommitteeNode]) -> Committee {
    var committee = Committee()
    committee.kind = .executor
    committee.members = members
    committee.runtimeID = runtime
    committee.validFor = epoch
    return committee
  }

  /// The members of a runtime's committee, workers first; nil if there can be none.
  private mutating func electMembers(_ runtime: Registry.Runtime, _ eligible: [Candidate]) throws -> [CommitteeNode]? {
    if isVRF, !(previous?.canElectCommittees ?? false), !parameters.debugAllowWeakAlpha { return nil }
    let wanted: [(role: CommitteeRole, count: Int)] = [
      (.worker, Int(runtime.executor.groupSize)), (.backupWorker, Int(runtime.executor.groupBackupSize)),
    ].filter { $0.count > 0 }
    guard wanted.first?.role == .worker else { return nil }
    let constraints = (runtime.constraints[.executor] ?? nil) ?? [:]
    let forced = forcedElections(runtime.id)
    var pools: [CommitteeRole: [Candidate]] = [:]
    for candidate in eligible {
      guard try hasStake(candidate.entity), try isSuitable(candidate, for: runtime) else { continue }
      guard !isVRF || hasProof(candidate) || forced[candidate.node.id]?.kind == .executor else { continue }
      for (role, _) in wanted {
        if constraints[role]?.validatorSet != nil, !validatorEntities.contains(candidate.entity) { continue }
        pools[role, default: []].append(candidate)
        reward(candidate.entity)
      }
    }
    var members: [CommitteeNode] = []
    for (role, count) in wanted {
      let election = RoleElection(
        election: self, runtime: runtime.id, role: role, count: count, constraints: constraints[role] ?? .init(), forced: forced)
      guard let elected = try election.elect(from: pools[role] ?? []) else { return nil }
      members += elected.map { CommitteeNode(role: role, publicKey: $0.node.id) }
    }
    return members
  }

  private func forcedElections(_ runtime: Namespace) -> [PublicKey: ForcedElection] {
    guard context.chain.node.allowsDebug else { return [:] }
    return (parameters.debugForceElect?[runtime] ?? nil) ?? [:]
  }

  /// Whether a node can do a compute worker's work for the runtime.
  ///
  /// An attestation that has expired since registration excludes its node.
  private func isSuitable(_ candidate: Candidate, for runtime: Registry.Runtime) throws -> Bool {
    guard candidate.node.hasRoles(.compute), let deployment = runtime.activeDeployment(at: epoch),
      let entry = candidate.node.runtime(runtime.id, version: deployment.version),
      !candidate.status.isSuspended(runtime: runtime.id, at: epoch)
    else { return false }
    guard runtime.teeHardware != .none else { return entry.capabilities.tee == nil }
    guard let capability = entry.capabilities.tee, capability.hardware == runtime.teeHardware else { return false }
    let registry = RegistryState(context.state)
    let lookup = RegistryLookup(registry: registry, context: context, features: try registry.parameters().teeFeatures)
    do { try lookup.verify(capability, constraints: deployment.tee ?? [], node: candidate.node) } catch  where error.isFatal {
      throw error
    } catch { return false }
    return true
  }
}

/// The election of one role of a committee.
private struct RoleElection {
  let election: Election
  let runtime: Namespace
  let role: CommitteeRole
  let count: Int
  let constraints: Registry.SchedulingConstraints
  /// Members by decree.
  let forced: [PublicKey: ForcedElection]

  /// The elected ones in order; nil if there are not enough or the constraints do not allow it.
  func elect(from candidates: [Election.Candidate]) throws -> [Election.Candidate]? {
    let decreed = forced.filter { $0.value.kind == .executor && $0.value.roles.contains(role) }
    var pool = candidates
    if let limit = constraints.maxNodes?.limit, limit > 0 {
      guard decreed.isEmpty else { return nil }
      pool = try limited(pool, to: Int(limit))
    }
    guard pool.count >= Int(constraints.minPoolSize?.limit ?? 0), count <= pool.count else { return nil }
    let order = try order(pool)
    var elected: [Election.Candidate] = []
    if !decreed.isEmpty {
      elected = pool.filter { decreed[$0.node.id] != nil }.sorted { $0.node.id < $1.node.id }
      guard elected.count == decreed.count, elected.count <= count else { return nil }
    }
    var perEntity: [Address: Int] = [:]
    for candidate in order where elected.count < count {
      if decreed[candidate.node.id] != nil { continue }
      if let limit = constraints.maxNodes?.limit {
        guard perEntity[candidate.entity, default: 0] < Int(limit) else { return nil }
        perEntity[candidate.entity, default: 0] += 1
      }
      elected.append(candidate)
    }
    guard elected.count == count else { return nil }
    return role == .worker && !decreed.isEmpty ? placed(elected, decreed) : elected
  }

  private var isVRF: Bool { election.isVRF }

  /// The first nodes of each entity: in the pool's order, or in one that proofs decide.
  private func limited(_ pool: [Election.Candidate], to limit: Int) throws -> [Election.Candidate] {
    let ordered = isVRF ? try election.sortition(pool, .deduplication(runtime, .executor, role)) : pool
    var perEntity: [Address: Int] = [:]
    return ordered.filter { candidate in
      perEntity[candidate.entity, default: 0] += 1
      return perEntity[candidate.entity, default: 0] <= limit
    }
  }

  private func order(_ pool: [Election.Candidate]) throws -> [Election.Candidate] {
    if isVRF { return try election.sortition(pool, .committee(runtime, .executor, role)) }
    var random = try election.random(role == .worker ? "EkS-ABCI-ComputeWorker" : "EkS-ABCI-ComputeBackup-Worker", nonce: runtime.bytes)
    return random.permutation(pool.count).map { pool[$0] }
  }

  /// Moves decreed workers to the positions that the decree gives; the others fill the gaps in order.
  private func placed(_ elected: [Election.Candidate], _ decreed: [PublicKey: ForcedElection]) -> [Election.Candidate]? {
    var places = [Election.Candidate?](repeating: nil, count: elected.count)
    var others: [Election.Candidate] = []
    for candidate in elected {
      guard let decree = decreed[candidate.node.id] else {
        others.append(candidate)
        continue
      }
      guard let index = Int(exactly: decree.index), index < places.count, places[index] == nil else { return nil }
      places[index] = candidate
    }
    var rest = others[...]
    return places.compactMap { $0 ?? rest.popFirst() }
  }
}
