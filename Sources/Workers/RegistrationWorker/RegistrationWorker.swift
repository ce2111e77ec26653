internal import AsyncValues
internal import ConsensusApp
public import ConsensusService
public import KeyValueStore
public import OasisCrypto
public import OasisTypes
public import Telemetry

/// Keeps this node registered: once an epoch, and whenever a role changes. Rule: sheet 08 §C1.
public actor RegistrationWorker {
  /// What does not change while the node runs.
  public struct Configuration: Sendable {
    public var entityID: PublicKey
    /// Signers of the descriptor, in the order in which they sign: node, P2P, consensus, VRF, TLS.
    public var node: any Signer, p2p: any Signer, consensus: any Signer, vrf: any Signer, tls: any Signer
    public var softwareVersion: String
    /// Addresses at which peers reach the consensus engine and libp2p.
    public var consensusAddresses: [ConsensusAddress] = []
    public var p2pAddresses: [NodeAddress] = []

    public init(
      entityID: PublicKey, node: any Signer, p2p: any Signer, consensus: any Signer, vrf: any Signer, tls: any Signer,
      softwareVersion: String
    ) {
      (self.entityID, self.node, self.p2p, self.consensus) = (entityID, node, p2p, consensus)
      (self.vrf, self.tls, self.softwareVersion) = (vrf, tls, softwareVersion)
    }
  }

  private let configuration: Configuration
  private let backend: any ConsensusBackend
  private let submission: SubmissionManager
  private let log: Log
  private let now: @Sendable () -> Int64
  private var providers: [RoleProvider] = []
  private let signal: AsyncStream<Signal>.Continuation
  private let signals: AsyncStream<Signal>
  private var machine = RegistrationMachine(isDelayed: false)
  private var backoff = Backoff(from: .milliseconds(500), to: .seconds(10))
  private let initialized = Gate()
  private var warnedEpoch: Epoch?
  public private(set) var status = RegistrationStatus()

  private let store: any KeyValueStore
  private let deregistered = Gate()
  private static let deregistrationKey = Array("worker/registration/deregistration requested".utf8)

  private enum Signal {
    case update(ConsensusUpdate), providers, finished(Bool), retry, deregister
  }

  /// How ``run()`` ended.
  public enum Outcome: Sendable {
    /// The task was cancelled, or the consensus layer has ended.
    case cancelled
    /// The registry has dropped the node, as was asked for.
    case deregistered
  }

  /// - Parameters:
  ///   - store: remembers a requested deregistration over restarts.
  ///   - now: the time in Unix seconds, for the status.
  public init(
    configuration: Configuration, backend: any ConsensusBackend, submission: SubmissionManager, store: any KeyValueStore, log: Log,
    now: @escaping @Sendable () -> Int64
  ) {
    (self.configuration, self.backend, self.submission, self.now) = (configuration, backend, submission, now)
    self.store = store
    self.log = log.module("worker/registration")
    (signals, signal) = AsyncStream.makeStream()
  }

  /// A slot for one more role; the order of the calls is the order of the hooks.
  public func provider(for role: Roles) -> RoleProvider {
    let provider = RoleProvider(role: role) { [signal] in signal.yield(.providers) }
    providers.append(provider)
    return provider
  }

  /// Returns after the first successful registration; throws `CancellationError` if ``run()`` ends without one.
  public nonisolated func waitInitialized() async throws { try await initialized.wait() }

  /// Stops registering; ``run()`` ends once the registry has dropped the node. Kept over restarts.
  public func requestDeregistration() throws {
    var batch = WriteBatch()
    batch.put(Self.deregistrationKey, [0xf5])
    try store.write(batch, sync: true)
    signal.yield(.deregister)
  }

  /// Forgets a deregistration that was asked for: the node of this store registers again when it starts.
  public static func clearDeregistration(in store: any KeyValueStore) throws(StoreError) {
    var batch = WriteBatch()
    batch.delete(deregistrationKey)
    try store.write(batch, sync: true)
  }

  /// Returns once the registry has dropped the node; throws `CancellationError` if ``run()`` ends before.
  public nonisolated func waitDeregistered() async throws { try await deregistered.wait() }

  /// Works until the task is cancelled or the node was deregistered.
  public func run() async throws -> Outcome {
    defer {
      initialized.abandon()
      deregistered.abandon()
    }
    try await backend.waitSynced()
    let delay = try await backend.query(at: 0) { tree in
      let parameters = try BeaconState(tree).parameters()
      return parameters.isVRF ? parameters.interval / 100 * 5 : 0
    }
    machine = RegistrationMachine(isDelayed: delay > 0)
    if try store.get(Self.deregistrationKey) != [0xf5] {
      let updates = await backend.updates()
      let isRequested = await withTaskGroup(of: Bool.self) { group in
        group.addTask { [signal] in
          for await update in updates { signal.yield(.update(update)) }
          return false
        }
        group.addTask { await self.loop(delay: delay) }
        defer { group.cancelAll() }
        return await group.next() == true
      }
      if Task.isCancelled || !isRequested { return .cancelled }
    }
    log.info("waiting for the node to be removed from the registry")
    return try await waitForRemoval()
  }

  private func waitForRemoval() async throws -> Outcome {
    let id = configuration.node.publicKey
    for await update in await backend.updates() {
      guard try await backend.query(at: update.height, { try RegistryState($0).node(id) }) == nil else { continue }
      var batch = WriteBatch()
      batch.delete(Self.deregistrationKey)
      try store.write(batch, sync: true)
      log.info("node was removed from the registry")
      deregistered.open()
      return .deregistered
    }
    return .cancelled
  }

  /// True: deregistration was asked for.
  private func loop(delay: Int64) async -> Bool {
    var lastEpoch: Epoch?
    signal.yield(.providers)
    return await withDiscardingTaskGroup { group in
      for await next in signals {
        var effects: [RegistrationMachine.Effect] = []
        machine.isReady = !providers.isEmpty && providers.allSatisfy { $0.current.hook != nil }
        switch next {
        case .update(let update):
          if update.epoch != lastEpoch {
            lastEpoch = update.epoch
            let start = try? await backend.query(at: update.height) { try BeaconState($0).epoch().height }
            let offset = delay > 0 ? Int64.random(in: 0..<delay) : 0
            effects += machine.handle(.epoch(update.epoch, startHeight: start, offset: offset))
          }
          if update.events(Registry.EntityEvent.self).contains(where: { $0.isRegistration && $0.entity?.id == configuration.entityID }) {
            effects += machine.handle(.entityRegistered)
          }
          effects += machine.handle(.block(height: update.height))
        case .providers: effects += machine.handle(.providersChanged)
        case .finished(let success): effects += machine.handle(.finished(success: success))
        case .retry: effects += machine.handle(.retry)
        case .deregister:
          group.cancelAll()
          return true
        }
        for effect in effects { perform(effect, &group) }
      }
      return false
    }
  }

  private func perform(_ effect: RegistrationMachine.Effect, _ group: inout DiscardingTaskGroup) {
    switch effect {
    case .register(let epoch): group.addTask { await self.register(epoch) }
    case .retryLater:
      let delay = backoff.next()
      group.addTask { [signal] in
        if (try? await Task.sleep(for: delay)) != nil { signal.yield(.retry) }
      }
    case .initialRegistrationDone: initialized.open()
    }
  }

  // MARK: - One attempt

  private func register(_ epoch: Epoch) async {
    var success = false
    do {
      let callbacks = try await attempt(epoch)
      success = true
      for (provider, version) in callbacks { await provider.takeCallback(of: version)?() }
      log.info("node registered with the registry", ["epoch": epoch])
    } catch is CancellationError {  // the node stops
      return
    } catch let error as Deferred {
      tell(error, epoch)
    } catch {
      (status.lastAttemptSuccessful, status.lastAttemptError, status.lastAttempt) = (false, "\(error)", now())
      if let descriptor = status.descriptor, descriptor.isExpired(at: epoch) { status.descriptor = nil }
      log.error("failed to register node", ["err": "\(error)", "epoch": epoch])
    }
    signal.yield(.finished(success))
  }

  /// Why a registration was put off without counting as a failed attempt.
  private struct Deferred: Error, CustomStringConvertible {
    let description: String
    /// Set where the operator has to act.
    var hint = ""
  }

  /// What only the operator can mend is a warning, once an epoch.
  private func tell(_ deferral: Deferred, _ epoch: Epoch) {
    guard !deferral.hint.isEmpty else { return log.debug("\(deferral)") }
    // The reference's status says nothing of it; to an operator it is what stands between the node and its registration.
    (status.lastAttemptSuccessful, status.lastAttemptError, status.lastAttempt) = (false, "\(deferral): \(deferral.hint)", now())
    guard warnedEpoch != epoch else { return log.debug("\(deferral)") }
    warnedEpoch = epoch
    log.warn("\(deferral)", ["epoch": epoch, "hint": deferral.hint])
  }

  private func attempt(_ epoch: Epoch) async throws -> [(RoleProvider, UInt64)] {
    let (entityID, nodeID) = (configuration.entityID, configuration.node.publicKey)
    let isListed = try await backend.query(at: 0) { try RegistryState($0).entity(entityID)?.hasNode(nodeID) }
    guard isListed == true else {
      throw Deferred(
        description: "deferring registration: entity \(entityID) \(isListed == nil ? "is not registered" : "does not list this node")",
        hint: "list node \(nodeID) in the entity's nodes and register the entity, or correct registration.entity_id")
    }
    let (node, callbacks) = try await descriptor(epoch)
    let signers = [configuration.node, configuration.p2p, configuration.consensus, configuration.vrf, configuration.tls]
    let signed = try MultiSigned(node, by: signers, context: .registerNode)
    try await submission.submit("registry.RegisterNode", signed, signer: configuration.node)
    (status.lastAttemptSuccessful, status.lastAttemptError, status.lastAttempt) = (true, "", now())
    (status.lastRegistration, status.descriptor) = (now(), node)
    return callbacks
  }

  /// The descriptor of all roles, and the providers whose callbacks are due once it is registered.
  private func descriptor(_ epoch: Epoch) async throws -> (Node, [(RoleProvider, UInt64)]) {
    var node = Node()
    (node.version, node.id, node.entityID, node.expiration) = (
      Node.latestVersion, configuration.node.publicKey, configuration.entityID, epoch &+ 2  // wraps as the reference's
    )
    node.tls = .init(publicKey: configuration.tls.publicKey)
    node.p2p = .init(id: configuration.p2p.publicKey, addresses: nil)
    node.consensus = .init(id: configuration.consensus.publicKey, addresses: nil)
    node.vrf = .init(id: configuration.vrf.publicKey)
    node.softwareVersion = configuration.softwareVersion
    var callbacks: [(RoleProvider, UInt64)] = []
    for provider in providers {
      let slot = provider.current
      guard let hook = slot.hook else { throw Deferred(description: "deferring registration: role \(provider.role) is not available") }
      node.roles.formUnion(provider.role)
      try await hook(&node)
      callbacks.append((provider, slot.version))
    }
    guard !node.roles.isEmpty else { throw CodedError.uncoded("registration: no roles to register for") }
    guard node.runtimes?.isEmpty == false || !node.hasRoles([.compute, .observer, .keyManager, .storageRPC]) else {
      throw CodedError.uncoded("registration: no runtimes provided while runtimes are required")
    }
    if node.hasRoles(.validator) {
      guard !configuration.consensusAddresses.isEmpty else { throw CodedError.uncoded("registration: no consensus addresses to register") }
      node.consensus.addresses = configuration.consensusAddresses
    }
    if node.hasRoles([.compute, .keyManager, .validator, .storageRPC]) { node.p2p.addresses = configuration.p2pAddresses }
    return (node, callbacks)
  }
}
