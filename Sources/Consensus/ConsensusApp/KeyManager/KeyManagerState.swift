internal import OasisCrypto
public import OasisTypes

/// The state of key managers on one tree (sheet 06 B.4, B.9). Open it on the tree that its writes shall go to.
public struct KeyManagerState {
  public static let statuses = StateMap<KeyManager.Status, Hashed<Namespace>>(0x70)
  public static let parameters = StateMap<KeyManager.Parameters>(0x71)
  public static let masterSecrets = StateMap<KeyManager.SignedMasterSecret, Hashed<Namespace>>(0x72)
  public static let ephemeralSecrets = StateMap<KeyManager.SignedEphemeralSecret, Hashed<Namespace>>(0x73)
  public static let churpParameters = StateMap<Churp.Parameters>(0x74)
  /// By key manager and scheme.
  public static let churpStatuses = StateMap<Churp.Status, Hashed<Namespace>, UInt8>(0x75)

  public let tree: StateTree

  public init(_ tree: StateTree) { self.tree = tree }

  /// The parameters; a state without them is damaged.
  public func parameters() throws -> KeyManager.Parameters {
    guard let parameters = try Self.parameters.get(tree) else { throw StateError("key manager parameters are missing") }
    return parameters
  }

  /// - Throws: outside of InitChain and EndBlock, where parameters must not change.
  public func setParameters(_ context: Context, _ parameters: KeyManager.Parameters) throws {
    try context.requireParameterChangeAllowed()
    Self.parameters.set(tree, to: parameters)
  }

  /// The status of a key manager; nil for an unknown one.
  public func status(_ id: Namespace) throws -> KeyManager.Status? { try Self.statuses.get(tree, Hashed(id)) }
  /// Stores a key manager's status under its own identifier.
  public func setStatus(_ status: KeyManager.Status) { Self.statuses.set(tree, Hashed(status.id), to: status) }
  /// All statuses in key order.
  public func allStatuses() throws -> [KeyManager.Status] { try Self.statuses.entries(tree).map(\.value) }

  /// Empty where none were stored.
  public func churpParameters() throws -> Churp.Parameters { try Self.churpParameters.get(tree) ?? Churp.Parameters() }
  /// The status of a sharing scheme; nil for an unknown one.
  public func churpStatus(_ identity: Churp.Identity) throws -> Churp.Status? {
    try Self.churpStatuses.get(tree, Hashed(identity.runtimeID), identity.id)
  }
  /// Stores a scheme's status under its own identity.
  public func setChurpStatus(_ status: Churp.Status) {
    Self.churpStatuses.set(tree, Hashed(status.identity.runtimeID), status.identity.id, to: status)
  }
  /// The schemes of a key manager, ascending by number.
  public func churpStatuses(_ id: Namespace) throws -> [Churp.Status] {
    try Self.churpStatuses.entries(tree, under: Hashed(id)).map(\.value)
  }
  /// All sharing schemes, in the order of their keys.
  public func allChurpStatuses() throws -> [Churp.Status] { try Self.churpStatuses.entries(tree).map(\.value) }
}

/// An event of the key manager service.
protocol KeyManagerServiceEvent: ServiceEvent {}

extension KeyManagerServiceEvent {
  public static var service: String { KeyManagerService.name }
}

extension KeyManager.StatusUpdate: KeyManagerServiceEvent { public static var kind: String { KeyManager.EventKind.statusUpdate } }
extension KeyManager.MasterSecretPublished: KeyManagerServiceEvent { public static var kind: String { KeyManager.EventKind.masterSecret } }
extension KeyManager.EphemeralSecretPublished: KeyManagerServiceEvent {
  public static var kind: String { KeyManager.EventKind.ephemeralSecret }
}
extension Churp.Created: KeyManagerServiceEvent { public static var kind: String { Churp.EventKind.create } }
extension Churp.Updated: KeyManagerServiceEvent { public static var kind: String { Churp.EventKind.update } }

// MARK: What both schemes look up

extension KeyManagerState {
  /// The active runtime that is a key manager.
  ///
  /// - Throws: `registry`/11, or an uncoded error.
  func keyManager(_ id: Namespace) throws -> Registry.Runtime {
    guard let runtime = try RegistryState(tree).runtime(id) else { throw AppError(Registry.Failure(.noSuchRuntime)) }
    guard runtime.kind == .keyManager else { throw AppError.uncoded("keymanager: runtime is not a key manager: \(id)") }
    return runtime
  }

  /// - Throws: `registry`/10.
  func node(_ id: PublicKey) throws -> Node {
    guard let node = try RegistryState(tree).node(id) else { throw AppError(Registry.Failure(.noSuchNode)) }
    return node
  }
}

extension Node {
  /// The first entry of a runtime.
  ///
  /// - Throws: an uncoded error if the node does not run it.
  func keyManagerRuntime(_ id: Namespace) throws -> Runtime {
    guard let runtime = (runtimes ?? []).lazy.compactMap(\.self).first(where: { $0.id == id }) else {
      throw AppError.uncoded("keymanager: node is not running key manager runtime")
    }
    return runtime
  }
}

extension Node.Runtime {
  /// The enclave's attestation key; without trusted hardware the one that everyone knows.
  func attestationKey(_ hardware: TEEHardware) throws -> PublicKey {
    switch hardware {
    case .none: return InsecureKeyManagerKeys.rak
    case .intelSGX:
      guard let tee = capabilities.tee else { throw AppError.uncoded("keymanager: node doesn't have TEE capability") }
      return tee.rak
    default: throw AppError.uncoded("keymanager: TEE hardware mismatch")
    }
  }
}
