internal import Bytes
internal import ClientWorker
internal import CommitteeWorker
internal import ConsensusApp
internal import ConsensusService
internal import ExecutorWorker
internal import Foundation
internal import MKVS
internal import MKVSDatabase
public import NodeAPI
internal import NodeIdentity
internal import OasisCrypto
internal import OasisTypes
public import RegistrationWorker
internal import RuntimeBundle
internal import RuntimeHistory
internal import RuntimeHost
internal import RuntimeProtocol
internal import StorageWorker
internal import Telemetry
internal import TransactionPool
internal import Wire

// The workers answer for their facts in the API's words; nothing is kept here.

extension RuntimeAssembly: RuntimeStatusSource {
  func runtimeStatus() async -> Control.RuntimeStatus {
    var status = Control.RuntimeStatus()
    if let block = try? await history.latestBlock().block {
      let header = block.header
      (status.latestRound, status.latestHash) = (header.round, header.hash)
      status.latestTime = .init(header.timestamp)
      status.latestStateRoot = Root(namespace: header.namespace, version: header.round, type: .state, hash: header.stateRoot)
    }
    if let dispatch = await committee.latest, let genesis = dispatch.state.genesisBlock {
      (status.genesisRound, status.genesisHash) = (genesis.header.round, genesis.header.hash)
    }
    if let oldest = try? await client.lastRetainedBlock().block?.header {
      (status.lastRetainedRound, status.lastRetainedHash) = (oldest.round, oldest.hash)
    }
    status.committee = await committeeStatus()
    if let executor { status.executor = .init(.init(rawValue: await executor.availability.rawValue)) }
    status.storage = .init(
      status: await storage.phase.rawValue, lastFinalizedRound: await storage.lastFinalized?.header.round ?? .max)
    let indexing = await indexer.status
    status.indexer = .init(status: indexing.phase.rawValue, lastRound: indexing.lastRound)
    status.indexer?.reindex = .init(indexing, at: .now, unixTime: Int64(Date.now.timeIntervalSince1970))
    status.provisioner = "composite{none: sandbox}"
    status.components = components.map { .init(kind: $0.id.kind, name: $0.id.name, version: $0.version) }
    return status
  }

  private func committeeStatus() async -> Control.CommitteeStatus {
    var status = Control.CommitteeStatus()
    status.status = .init(rawValue: await committee.state.rawValue)
    status.activeVersion = await committee.activeVersion
    status.host = .init(versions: committee.versions)
    status.host.failure = await committee.host.status.flatMap(Control.HostFailure.init)
    guard let dispatch = await committee.latest else { return status }
    (status.latestRound, status.latestHeight) = (dispatch.block.header.round, dispatch.height)
    guard let members = dispatch.committee else { return status }
    let id = committee.nodeID
    var roles: [CommitteeRole] = []
    if members.isWorker(id) { roles.append(.worker) }
    if members.isBackupWorker(id) { roles.append(.backupWorker) }
    if !roles.isEmpty { status.executorRoles = roles }
    if let round = dispatch.block.header.round.successor { status.schedulerRank = members.schedulerRank(round: round, id: id) ?? .max }
    if let liveness = dispatch.state.livenessStatistics {
      var own = Control.LivenessStatus()
      own.totalRounds = liveness.totalRounds
      for (index, member) in (members.members ?? []).enumerated() where member.publicKey == id {
        func at(_ list: [UInt64]?) -> UInt64 { list.map { index < $0.count ? $0[index] : 0 } ?? 0 }
        own.liveRounds += at(liveness.goodRounds)
        own.finalizedProposals += at(liveness.finalizedProposals)
        own.missedProposals += at(liveness.missedProposals)
      }
      status.liveness = own
    }
    return status
  }
}

extension Control.HostFailure {
  /// Nil for a runtime that runs, is not wanted, or is started for the first time.
  init?(_ status: RuntimeStatus) {
    guard status.state != .running, status.state != .stopped, let reason = status.lastFailure else { return nil }
    self.init()
    (state, restarts, lastReason) = (status.state.rawValue, UInt64(clamping: status.restarts), reason)
    if let next = status.nextAttempt { nextAttempt = .init(unix: next.seconds) }
  }
}

extension Control.ReindexStatus {
  /// Nil unless missed heights are being read. The time left is guessed from the heights done so far. Rule: sheet 08 C7.
  init?(_ status: HistoryIndexer.Status, at now: ContinuousClock.Instant, unixTime: Int64) {
    guard status.phase == .reindexing, let reindex = status.reindex else { return nil }
    self.init()
    batchSize = UInt16(clamping: status.batchSize)
    (lastHeight, startHeight, endHeight) = (reindex.last, reindex.start, reindex.end)
    let done = max(Double(lastHeight) - Double(startHeight) + 1, 1)
    let left = (now - reindex.began) / .seconds(1) * (Double(endHeight) - Double(lastHeight)) / done
    eta = .init(unix: unixTime + Int64(min(max(left, 0), 1e10).rounded()))  // three centuries at most
  }
}

extension UInt64 {
  fileprivate var successor: UInt64? { self == .max ? nil : self + 1 }
}

extension RegistrationWorker: RegistrationStatusSource {
  public func registrationStatus() async -> Control.RegistrationStatus {
    var answer = Control.RegistrationStatus()
    let status = self.status
    (answer.lastAttemptSuccessful, answer.lastAttemptError) = (status.lastAttemptSuccessful, status.lastAttemptError)
    answer.lastAttempt = .init(unix: status.lastAttempt)
    answer.lastRegistration = .init(unix: status.lastRegistration)
    answer.descriptor = status.descriptor
    return answer
  }
}

/// The engine's addresses; it has no peers in this version.
struct ConsensusNetwork: ConsensusNetworkStatusSource {
  let p2pKey: PublicKey
  let addresses: [ConsensusAddress]

  func consensusNetworkStatus() async -> Control.ConsensusNetworkStatus {
    var status = Control.ConsensusNetworkStatus()
    (status.publicKey, status.addresses, status.peers) = (p2pKey, addresses, [])
    status.peerID = ValidatorAddress.of(p2pKey).hex
    return status
  }
}

/// The libp2p host's identity; it has no peers in this version.
struct PeerlessHost: P2PStatusSource {
  let key: PublicKey
  let addresses: [NodeAddress]

  func p2pStatus() async -> Control.P2PStatus {
    var status = Control.P2PStatus()
    (status.publicKey, status.addresses) = (key, addresses)
    // The identity multihash of libp2p's protobuf form of an Ed25519 key.
    status.peerID = PeerIdentity([0x00, 0x24, 0x08, 0x01, 0x12, 0x20] + key.bytes)
    return status
  }

  func lightClientPeers() async -> [String] { [] }
}

/// A runtime's client worker as the API calls it.
struct ClientAdapter: RuntimeClientBackend, StorageWorkerBackend, RuntimeStorageBackend {
  let client: ClientWorker
  let storage: StorageWorker
  /// `--debug.dont_blame_oasis`.
  let isDebugging: Bool
  var runtimeID: Namespace { client.runtimeID }

  func isHosted() async -> Bool { await client.isHosted() }

  /// The runtime's refusal becomes the API's; other errors stay.
  private func checked<T>(_ body: () async throws -> T) async throws -> T {
    do { return try await body() } catch let error as CallError {
      throw RuntimeCheckFailure(module: error.module, code: error.code, message: error.message)
    }
  }

  func check(_ transaction: [UInt8]) async throws { try await checked { try await client.check(transaction) } }
  func submit(_ transaction: [UInt8]) async throws { try await checked { try await client.submit(transaction) } }

  func submitAndWait(_ transaction: [UInt8]) async throws -> IncludedTransaction {
    let included = try await checked { try await client.submitAndWait(transaction) }
    return IncludedTransaction(output: included.output, round: included.round, batchOrder: included.batchOrder)
  }

  func unconfirmedTransactions() async throws -> [[UInt8]] { await client.pool.unconfirmed }

  func block(round: UInt64) async throws -> RootHash.Block {
    guard let block = try await client.block(round: round).block else { throw RuntimeClient.notFound }
    return block
  }

  func annotatedBlock(round: UInt64) async throws -> RootHash.AnnotatedBlock { try await client.block(round: round) }

  func lastRetainedBlock() async throws -> RootHash.Block {
    guard let block = try await client.lastRetainedBlock().block else { throw RuntimeClient.notFound }
    return block
  }
  func blocks() async throws -> AsyncStream<RootHash.AnnotatedBlock> { await client.history.syncedBlocks() }

  func readIO<Answer: Sendable>(round: UInt64, _ body: @Sendable (IOTree) throws -> Answer) async throws -> Answer {
    try await client.readIO(round: round, body)
  }

  func query(_ component: ComponentID?, round: UInt64, method: String, arguments: [UInt8]?) async throws -> [UInt8] {
    guard component == nil || component?.kind == "ronl" else { throw RuntimeClient.noHostedRuntime }
    return try await client.query(round: round, method: method, arguments: arguments ?? [])
  }

  func syncGet(_ request: GetRequest) async throws -> ProofResponse { try client.database.syncGet(request) }
  func syncGetPrefixes(_ request: GetPrefixesRequest) async throws -> ProofResponse { try client.database.syncGetPrefixes(request) }
  func syncIterate(_ request: IterateRequest) async throws -> ProofResponse { try client.database.syncIterate(request) }

  func writeLog(from start: Root, to end: Root) async throws -> WriteLog { try client.database.writeLog(from: start, to: end) }

  func lastSyncedRound() async throws -> (round: UInt64, ioRoot: Root, stateRoot: Root) {
    guard let header = await storage.lastFinalized?.header else { return (.max, Root(type: .io), Root(type: .state)) }
    return (
      header.round, Root(namespace: header.namespace, version: header.round, type: .io, hash: header.ioRoot),
      Root(namespace: header.namespace, version: header.round, type: .state, hash: header.stateRoot)
    )
  }

  func pauseCheckpointer(_ pause: Bool) async throws {
    throw isDebugging
      ? CodedError.uncoded("worker/storage: this version makes no checkpoints: there is no checkpointer") : StorageSync.cannotPause
  }
}
