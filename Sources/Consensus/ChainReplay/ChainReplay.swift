internal import Bytes
internal import CometBFT
public import ConsensusApp
internal import JSONText
internal import KeyValueStore
internal import MKVSDatabase
internal import OasisCrypto
internal import OasisTypes
internal import Protobuf
internal import Wire

/// Runs a recorded chain through the application and compares everything that the reference computed.
///
/// At the first difference it stops and spells out where: height, phase, transaction, service, key, ours and theirs.
public final class ChainReplay {
  /// What was compared so far.
  public struct Progress: Sendable {
    /// Keys of the recorded state after InitChain.
    public var initialKeys = 0
    public var blocks = 0
    public var transactions = 0
    public var events = 0
    public var exports = 0
    /// The last height that was equal in everything.
    public var height: Int64 = 0
  }

  public let chain: RecordedChain
  public let application: ConsensusApplication
  public private(set) var progress = Progress()
  /// Compare the recorded exports too.
  public var checksExports = true
  /// Told after every block that is equal.
  public var onBlock: (Progress) -> Void = { _ in }
  private var validators: [(key: [UInt8], power: Int64)] = []

  /// - Parameter store: where the application keeps its state; a node database in memory if nil
  public init(_ chain: RecordedChain, store: (any ConsensusApp.StateStore)? = nil) throws {
    self.chain = chain
    var configuration = ConsensusApplication.Configuration()
    configuration.node.allowsDebug = true  // recorded networks use test keys and debug parameters
    configuration.node.blacklist = .reserved
    application = try ConsensusApplication(
      genesis: chain.genesis, chainContext: chain.chainContext, services: ServiceList.all(), store: store ?? Self.memoryStore(),
      upgrades: ReplayUpgrades(try chain.upgrades()), configuration: configuration)
  }

  private static func memoryStore() throws -> any ConsensusApp.StateStore {
    var options = NodeDatabase.Options()
    options.discardWriteLogs = true
    return MKVSStateStore(try NodeDatabase(store: MemoryStore(), namespace: Namespace(), options: options))
  }

  /// Replays up to a height, by default to the end.
  ///
  /// - Throws: ``ReplayDifference`` at the first difference, ``ReplayError`` if the recording cannot be read.
  public func run(to last: Int64 = .max) throws {
    try chain.checkGenesis()
    if let first = try initialDifferences().first { throw first }
    try replayBlocks(to: last)
  }

  /// Replays the blocks after InitChain.
  public func replayBlocks(to last: Int64 = .max) throws {
    guard let file = RecordedFile(chain.folder, "blocks.jsonl") else { throw ReplayError("\(chain.folder): no blocks.jsonl") }
    let lines = try file.lines()
    var next = chain.initialHeight
    while let line = try lines.next() {
      let block = try RecordedBlock(line)
      if block.height > last { return }
      guard block.height == next else { throw ReplayError("\(file.path): height \(next) is missing, after it comes \(block.height)") }
      next += 1
      try replay(block)
      onBlock(progress)
    }
  }

  // MARK: Genesis

  /// Runs InitChain and compares the state key by key, of one service's keys (prefix byte range) if given.
  ///
  /// - Returns: every difference, in key order; last the state root's, where only that differs
  public func initialDifferences(prefixes: ClosedRange<UInt8> = 0...0xff) throws -> [ReplayDifference] {
    let response: InitChainResponse
    do { response = try application.initChain(chain.initChain) } catch { throw difference("InitChain", "failed: \(error)") }
    guard let (root, pairs) = try chain.initialState() else { return [] }
    let recorded = pairs.filter { prefixes.contains($0.key.first ?? 0) }
    progress.initialKeys = recorded.count
    let ours = try application.workingStateContents().filter { prefixes.contains($0.key.first ?? 0) }
    let found = StateDifference.all(ours: ours, theirs: recorded, label: "after InitChain")
    if found.isEmpty, prefixes == 0...0xff, response.appHash != root {
      return [difference("InitChain", "app hash \(response.appHash.hex), recorded \(root.hex)")]
    }
    return found
  }

  // MARK: Blocks

  private func replay(_ recorded: RecordedBlock) throws {
    let request = BeginBlockRequest(
      hash: recorded.hash, header: recorded.block.header, lastCommit: try commitInfo(recorded.block),
      misbehavior: misbehavior(recorded.block))
    do {
      try execute(recorded, request)
    } catch let failure as ReplayDifference {
      // Execute the block again phase by phase to find where it went wrong.
      throw (try? locate(recorded, request, failure)) ?? failure
    }
    validators = recorded.validators
    progress.blocks += 1
    progress.transactions += recorded.block.data.transactions.count
    progress.height = recorded.height
    if checksExports, let export = try chain.export(recorded.height) {
      try compareExport(export, recorded.height)
      progress.exports += 1
    }
  }

  private func execute(_ recorded: RecordedBlock, _ request: BeginBlockRequest) throws {
    let height = recorded.height
    let responses = recorded.responses
    func run<Response>(_ phase: String, _ body: () throws -> Response) throws -> Response {
      do { return try body() } catch { throw difference(phase, "failed: \(error)", height) }
    }
    let begin = try run("begin") { try application.beginBlock(request) }
    try compareEvents("begin", begin.events, responses.beginBlock?.events ?? [], height)
    let transactions = recorded.block.data.transactions
    for (index, transaction) in transactions.enumerated() {
      let label = index < recorded.labels.count ? " (\(recorded.labels[index]))" : ""
      let phase = "tx \(index)\(label)"
      let ours = try run(phase) { try application.deliverTransaction(transaction) }
      guard index < responses.deliverTransactions.count else { throw ReplayError("height \(height): results are missing") }
      try compareResult(phase, ours, responses.deliverTransactions[index], height)
    }
    let end = try run("end") { try application.endBlock(height: height) }
    try compareEvents("end", end.events, responses.endBlock?.events ?? [], height)
    try compareUpdates(end.validatorUpdates, responses.endBlock?.validatorUpdates ?? [], height)
    let parameters = end.consensusParameterUpdates?.protobuf() ?? [], recordedParameters = responses.endBlock?.consensusParameterUpdates
    guard parameters == recordedParameters?.protobuf() ?? [] else {
      throw difference("end", "consensus parameter updates \(parameters.hex)", height)
    }
    let hash = try application.executedStateRoot()
    guard hash == recorded.appHashAfter else {
      throw difference("end", "state root \(hash.hex), recorded \(recorded.appHashAfter.hex)", height)
    }
    let committed = try run("commit") { try application.commit() }
    guard committed.appHash == hash else { throw difference("commit", "app hash \(committed.appHash.hex), executed \(hash.hex)", height) }
  }

  private func compareResult(
    _ phase: String, _ ours: DeliverTransactionResponse, _ theirs: DeliverTransactionResponse, _ height: Int64
  ) throws {
    guard ours.code == theirs.code, ours.codespace == theirs.codespace else {
      throw difference(
        phase, "result \(ours.codespace)/\(ours.code) \(ours.log), recorded \(theirs.codespace)/\(theirs.code) \(theirs.log)", height)
    }
    guard ours.data == theirs.data else { throw difference(phase, "data \(ours.data.hex), recorded \(theirs.data.hex)", height) }
    guard ours.gasWanted == theirs.gasWanted, ours.gasUsed == theirs.gasUsed else {
      throw difference(
        phase, "gas \(ours.gasUsed) of \(ours.gasWanted), recorded \(theirs.gasUsed) of \(theirs.gasWanted)", height)
    }
    try compareEvents(phase, ours.events, theirs.events, height)
  }

  private func compareEvents(_ phase: String, _ ours: [Event], _ theirs: [Event], _ height: Int64) throws {
    for index in 0..<max(ours.count, theirs.count) {
      let (own, recorded) = (index < ours.count ? ours[index] : nil, index < theirs.count ? theirs[index] : nil)
      guard own == recorded else {
        throw difference(phase, "event \(index): \(EventText.of(own))\n  recorded: \(EventText.of(recorded))", height)
      }
    }
    progress.events += ours.count
  }

  /// Validator updates have no order: the reference's is random.
  private func compareUpdates(_ ours: [ValidatorUpdate], _ theirs: [ValidatorUpdate], _ height: Int64) throws {
    func text(_ updates: [ValidatorUpdate]) -> [String] {
      updates.map { "\($0.publicKey.ed25519?.hex ?? "?") power \($0.power)" }.sorted()
    }
    guard text(ours) == text(theirs) else {
      throw difference("end", "validator updates \(text(ours)), recorded \(text(theirs))", height)
    }
  }

  private func difference(_ phase: String, _ text: String, _ height: Int64? = nil) -> ReplayDifference {
    ReplayDifference(height: height, phase: phase, text: text)
  }

  // MARK: Inputs

  private func commitInfo(_ block: Block) throws -> CommitInfo {
    guard let commit = block.lastCommit, !commit.signatures.isEmpty else { return CommitInfo(round: 0, votes: []) }
    guard commit.signatures.count == validators.count else {
      throw ReplayError("height \(block.header.height): \(commit.signatures.count) signatures of \(validators.count) validators")
    }
    let votes = zip(commit.signatures, validators).map { signature, validator in
      VoteInfo(
        validator: ApplicationValidator(address: ValidatorAddress.of(validator.key), power: validator.power),
        signedLastBlock: signature.flag != .absent)
    }
    return CommitInfo(round: commit.round, votes: votes)
  }

  private func misbehavior(_ block: Block) -> [CometBFT.Misbehavior] {
    block.evidence.evidence.flatMap { evidence -> [CometBFT.Misbehavior] in
      switch evidence.kind {
      case .duplicateVote(let evidence):
        let address = evidence.voteA?.validatorAddress ?? []
        return [
          CometBFT.Misbehavior(
            type: .duplicateVote, validator: .init(address: address, power: evidence.validatorPower), height: evidence.voteA?.height ?? 0,
            time: evidence.timestamp, totalVotingPower: evidence.totalVotingPower)
        ]
      case .lightClientAttack(let evidence):
        return evidence.byzantineValidators.map {
          CometBFT.Misbehavior(
            type: .lightClientAttack, validator: .init(address: $0.address, power: $0.votingPower), height: evidence.commonHeight,
            time: evidence.timestamp, totalVotingPower: evidence.totalVotingPower)
        }
      case nil: return []
      }
    }
  }

  // MARK: Finding the place

  /// Executes the block once more and compares the changes of each phase with the recorded ones.
  private func locate(_ recorded: RecordedBlock, _ request: BeginBlockRequest, _ failure: ReplayDifference) throws -> ReplayDifference {
    let phases = try application.traceBlock(request, recorded.block.data.transactions)
    guard let trace = try chain.trace(recorded.height) else {
      var merged: [[UInt8]: [UInt8]?] = [:]
      for phase in phases { for write in phase.writes { merged.updateValue(write.value, forKey: write.key) } }
      let before = try? application.committedState()
      let ours = try merged.map { Write(key: $0.key, value: $0.value) }
        .filter { try before == nil || before?.get($0.key) != $0.value }  // set and set back within the block
        .sorted { $0.key.lexicographicallyPrecedes($1.key) }
      return StateDifference.first(ours: ours, theirs: recorded.writes, height: recorded.height, phase: "block", failure) ?? failure
    }
    for phase in phases {
      let theirs = trace.first { $0.phase == phase.name }?.writes ?? []
      let ours = phase.writes.map { Write(key: $0.key, value: $0.value) }
      if let found = StateDifference.first(ours: ours, theirs: theirs, height: recorded.height, phase: phase.name, failure) { return found }
    }
    return failure
  }

  // MARK: Export

  private func compareExport(_ recorded: JSONValue, _ height: Int64) throws {
    let ours: JSONValue
    do {
      let time = try OasisTypes.Timestamp.decode(json: try recorded.member("genesis_time"))
      let exporter = GenesisExporter(genesis: chain.genesis)
      ours = try exporter.export(application.committedState(), height: height, time: time).json()
    } catch { throw difference("export", "failed: \(error)", height) }
    if let found = JSONDifference.first(ours, recorded, path: "") { throw difference("export", found, height) }
  }
}

/// Where a replay went another way than the recorded chain.
public struct ReplayDifference: Error, CustomStringConvertible {
  /// Nil for InitChain.
  public var height: Int64?
  /// `InitChain`, `begin`, `tx N`, `end`, `commit` or `export`.
  public var phase: String
  public var text: String

  public var description: String { "\(height.map { "height \($0), " } ?? "")\(phase): \(text)" }
}
