public import CometBFT
internal import Foundation
public import KeyValueStore
internal import OasisCrypto
internal import RocksDBStore
public import Telemetry

/// One validator that makes a chain alone, with everything on disk in one folder.
public struct DiskNetwork: Sendable {
  public static let context = "test/tendermint"
  public static let chainID = "solo"

  public let folder: String
  public var configuration = Engine.Configuration()
  /// What stands between the engine (and the application) and the disk.
  public var wrapStore: @Sendable (any KeyValueStore) -> any KeyValueStore = { $0 }
  public var wrapSigner: @Sendable (any ValidatorSigner) -> any ValidatorSigner = { $0 }

  public init(folder: String) {
    self.folder = folder
    configuration.storePrefix = [1]
    var timeouts = ConsensusTimeouts()
    timeouts.commit = .milliseconds(1)
    timeouts.skipCommit = true
    (timeouts.propose, timeouts.proposeDelta) = (.milliseconds(40), .milliseconds(10))
    (timeouts.prevote, timeouts.prevoteDelta) = (.milliseconds(20), .milliseconds(10))
    (timeouts.precommit, timeouts.precommitDelta) = (.milliseconds(20), .milliseconds(10))
    configuration.timeouts = timeouts
    configuration.waitBeforeSigning = .milliseconds(300)
  }

  public var logPath: String { folder + "/cs.wal/wal" }
  public var signingPath: String { folder + "/oasis_priv_validator.json" }
  public static var signer: ContextSigner { ContextSigner(MemorySigner(seed: [UInt8](repeating: 7, count: 32)), context: context) }

  public static var genesis: GenesisDocument {
    GenesisDocument(
      time: Timestamp(seconds: 1_700_000_000), chainID: chainID, initialHeight: 1,
      consensusParameters: ConsensusParameters(
        block: .init(maxBytes: 1 << 20, maxGas: -1),
        evidence: .init(maxAgeBlocks: 100, maxAgeDuration: .seconds(1000), maxBytes: 1 << 16),
        validator: .init(publicKeyTypes: ["ed25519"]), version: .init(app: 7)),
      validators: [.init(publicKey: signer.publicKey, power: 10)], appState: Array("{}".utf8))
  }

  /// An engine over the folder, with its stores.
  public final class Node: Sendable {
    public let engine: Engine
    public let applicationStore: any KeyValueStore
    private let stores: [any KeyValueStore]

    init(_ engine: Engine, _ applicationStore: any KeyValueStore, _ stores: [any KeyValueStore]) {
      (self.engine, self.applicationStore, self.stores) = (engine, applicationStore, stores)
    }

    /// Closes the stores, after the engine has ended.
    public func close() { for store in stores { store.close() } }
  }

  /// Opens the folder; makes it where it is missing.
  public func open(log: Log = .silent) throws -> Node {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let key = try ValidatorKey(signer: wrapSigner(Self.signer), path: signingPath)
    var stores: [any KeyValueStore] = []
    do {
      for name in ["blocks", "state", "evidence", "application"] {
        stores.append(wrapStore(try RocksDBStore(directory: "\(folder)/\(name).db")))
      }
      let wal = try FileLog(folder: folder + "/cs.wal", now: Timestamp(seconds: 1_700_000_000))
      let engine = Engine(
        configuration: configuration, genesis: Self.genesis, application: try DiskApplication(store: stores[3]),
        storage: .init(blocks: stores[0], state: stores[1], evidence: stores[2], log: wal), key: key,
        scheme: ContextSignatureScheme(context: Self.context), log: log)
      return Node(engine, stores[3], stores)
    } catch {
      for store in stores { store.close() }
      throw error
    }
  }

  /// Runs the engine until it has made `count` more blocks, or until it has made none for 20 seconds.
  /// - Returns: the heights of the new blocks.
  /// - Throws: what ended the engine.
  @discardableResult public func run(blocks count: Int, log: Log = .silent) async throws -> [Int64] {
    let node = try open(log: log)
    defer { node.close() }
    let blocks = node.engine.newBlocks()
    let engine = node.engine
    async let running: Void = engine.run()
    let watch = Task {
      try await Task.sleep(for: .seconds(120))
      await engine.stop()
    }
    var heights: [Int64] = []
    for await block in blocks {
      heights.append(block.height)
      if heights.count >= count { break }
    }
    watch.cancel()
    await engine.stop()
    try await running
    return heights
  }
}
