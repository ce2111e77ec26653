public import OasisTypes

// What the node's status is made of. Each owner of a fact answers for it; nobody keeps a copy. The node's composition root conforms
// workers to these protocols.

/// A ParaTime on this node.
public protocol RuntimeStatusSource: Sendable {
  var runtimeID: Namespace { get }
  /// Everything but the descriptor, which the controller reads from the registry. What cannot be found out stays at its default.
  func runtimeStatus() async -> Control.RuntimeStatus
}

/// The registration worker.
public protocol RegistrationStatusSource: Sendable {
  /// Everything but the node status, which the controller reads from the registry.
  func registrationStatus() async -> Control.RegistrationStatus
}

/// CometBFT's network.
public protocol ConsensusNetworkStatusSource: Sendable {
  func consensusNetworkStatus() async -> Control.ConsensusNetworkStatus
}

/// The libp2p host.
public protocol P2PStatusSource: Sendable {
  func p2pStatus() async -> Control.P2PStatus
  /// Peers that serve the protocol `light`, in base58.
  func lightClientPeers() async -> [String]
}

/// The key manager worker.
public protocol KeyManagerStatusSource: Sendable {
  func keyManagerStatus() async -> Control.KeyManagerStatus
}

/// The upgrade manager.
public protocol UpgradeControl: Sendable {
  func pendingUpgrades() async throws -> [Upgrade.Pending]
  /// - Throws: `upgrade`/5 if it is pending already.
  func submit(_ upgrade: Upgrade.Descriptor) async throws
  /// An upgrade that is not pending is no error.
  func cancel(_ upgrade: Upgrade.Descriptor) async throws
}

/// What only the node as a whole can do.
public protocol NodeLifecycle: Sendable {
  /// Whether every worker has initialized; consensus is not asked.
  func workersAreReady() async -> Bool
  /// Returns when ``workersAreReady()`` holds.
  func waitWorkersReady() async throws
  /// Deregisters, where there is a registration, and stops. With `wait` it returns once the deregistration is done.
  func requestShutdown(wait: Bool) async throws
  /// Adds the components of a bundle on the node's file system.
  func addBundle(path: String) async throws
}
