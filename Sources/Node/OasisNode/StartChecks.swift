internal import Bytes
internal import FileSystem
internal import Glibc
internal import NodeConfiguration
internal import OasisCrypto
internal import OasisTypes
internal import Wire

/// What the configuration must agree with before a node opens anything. Rule: sheets 08 §D1, 09 §1.3.
extension RunningNode {
  /// The entity that the node belongs to. Rule: sheet 08 §C1, §D1.
  static func entity(_ setup: Setup) throws -> PublicKey? {
    let (section, mode) = (setup.configuration.registration, setup.configuration.nodeMode)
    var id: PublicKey?
    if setup.flags.testEntity { id = TestKeys.entity.publicKey }
    if !section.entityID.isEmpty {
      guard let key = PublicKey(base64: section.entityID) else {
        throw StartError("registration.entity_id: '\(section.entityID)' is not the base64 of a 32-byte public key")
      }
      id = key
    } else if !section.entity.isEmpty {
      do { id = try Entity.decode(json: try Files.read(section.entity)).id } catch {
        throw StartError(
          "failed to load entity descriptor: \(error)",
          remedy: "\(setup.configuration.place(of: "registration.entity")): the path of an entity.json, or use registration.entity_id")
      }
    }
    let isValidator = setup.configuration.consensus.validator
    let needed = [.validator, .compute, .keymanager, .observer].contains(mode) || isValidator
    if needed, id == nil {
      throw StartError(
        "node has no entity configured but expects one",
        remedy: "set registration.entity_id, which mode '\(mode)'\(isValidator ? " with consensus.validator" : "") needs")
    }
    if mode == .client, !isValidator, id != nil {
      throw StartError(
        "client node must not have entity configured, try using observer mode instead",
        remedy: "remove registration.entity_id, or set the mode that the entity is for")
    }
    return id
  }

  /// A node that would run without what its mode is for is worse than none.
  static func refuseUnbuiltModes(_ configuration: NodeConfiguration) throws(StartError) {
    if configuration.nodeMode == .keymanager, Namespace(hex: configuration.keyManager.runtimeID) == nil {
      throw StartError(
        "\(initialization)worker/keymanager: failed to parse runtime ID: malformed namespace",
        remedy: "\(configuration.place(of: "keymanager.runtime_id")): allowed: 64 hexadecimal digits")
    }
    switch configuration.nodeMode {
    case .seed, .archive, .keymanager:
      throw StartError(
        "mode '\(configuration.nodeMode)' is not part of this version",
        remedy: "\(configuration.place(of: "mode")): this version runs client, validator, compute and observer")
    case .client, .validator, .compute, .observer: return
    }
  }

  /// A directory with the reference's stores is not ours to use.
  static func refuseForeignStores(_ directory: DataDirectory) throws(StartError) {
    let foreign = [
      "\(directory.path)/persistent-store.badger.db", "\(directory.consensusData)/blockstore.badger.db",
      "\(directory.consensusState)/mkvs_storage.pathbadger.db", "\(directory.consensusState)/mkvs_storage.badger.db",
    ]
    for path in foreign where access(path, F_OK) == 0 {
      throw StartError(
        "data directory '\(directory.path)' holds the stores of the reference implementation (\(path)), which this node does not read: use a new data directory with copies of the key files, and sync from the network"
      )
    }
  }

  static let initialization = "failed to initialize runtime services: failed to initialize workers: "

  /// Which modes need runtimes, and which must have none. Rule: sheet 09 §1.3.
  static func checkRuntimes(_ configuration: NodeConfiguration, _ flags: DebugFlags) throws(StartError) {
    let isEmpty = configuration.runtime.paths.isEmpty && configuration.runtime.runtimes.isEmpty
    if flags.dontBlameOasis { return }
    switch configuration.nodeMode {
    case .validator, .seed:
      guard isEmpty else {
        throw StartError(
          "\(initialization)no runtimes should be configured when in validator or seed modes",
          remedy: "remove runtime.runtimes and runtime.paths, or set mode compute with consensus.validator: true")
      }
    case .compute, .keymanager, .observer:
      guard !isEmpty else {
        throw StartError(
          "\(initialization)at least one runtime must be configured when in compute, keymanager, or client-stateless modes",
          remedy: "mode '\(configuration.nodeMode)' needs runtime.runtimes or runtime.paths")
      }
    case .client, .archive: return
    }
  }
}
