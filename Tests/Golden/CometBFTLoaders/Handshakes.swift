internal import Bytes
internal import CometBFT
internal import GoldenSupport
internal import JSONText
internal import OasisCrypto
internal import Protobuf
internal import struct Telemetry.Log

/// `handshake.jsonl`: start-up replay. The recorded chain's blocks are not in the file: those cases run on a chain of our own, and
/// compare calls, verdicts and heights; a fresh start compares the whole state.
struct HandshakeLoader: GoldenLoader {
  static let patterns = ["cometbft/handshake.jsonl"]
  private static let chainID = "bb3d748def55bdfb797a2ac53ee6ee141e54cd2ab2dc2375f4"
  private static let initialAppHash = [UInt8](hex: "743ab3023d468b0a2b683c7f86d57a419f0b2f92262c688ad72636b46aebe66e") ?? []

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    for (_, line) in try file.lines() { report.check(line.text("name")) { try check(line) } }
  }

  private static func appHash(_ height: Int64) -> [UInt8] {
    var hash = SHA256()
    hash.update(Array("app \(height)".utf8))
    return hash.finish()
  }

  private static func genesis(_ validators: [GenesisDocument.GenesisValidator]) -> GenesisDocument {
    GenesisDocument(
      time: Timestamp(seconds: 1_700_000_000, nanoseconds: 123_456_789), chainID: chainID, initialHeight: 1,
      consensusParameters: ConsensusParameters(
        block: .init(maxBytes: 1 << 20, maxGas: -1), evidence: .init(maxAgeBlocks: 20, maxAgeDuration: .seconds(100), maxBytes: 51200),
        validator: .init(publicKeyTypes: ["ed25519"]), version: .init(app: 7 << 32)),
      validators: validators, appHash: initialAppHash, appState: Array("{\"x\":1}".utf8))
  }

  private static func check(_ line: JSONValue) throws {
    let (app, store, height): (Int64, Int64, Int64) = try (
      line.number("app_height"), line.number("store_height"), line.number("state_height")
    )
    let signers = (0..<3).map { ContextSigner(MemorySigner(seed: [UInt8](repeating: UInt8($0 + 1), count: 32)), context: context) }
    var validators = zip(signers, [30, 20, 10]).map { GenesisDocument.GenesisValidator(publicKey: $0.publicKey, power: Int64($1)) }
    let request = try line.list("calls").first { $0.text("call") == "init_chain" && $0.has("pb") }?.bytes("pb")
    if store == 0, app == 0, let request {
      validators = try InitChainMessage(protobuf: request).validators.compactMap { update in
        update.publicKey.ed25519.map { .init(publicKey: $0, power: update.power) }
      }
    }
    let genesis = genesis(validators)
    let application = ScriptedApplication()
    (application.height, application.appVersion) = (app, 7 << 32)
    application.appHash = app == 0 ? [] : line.text("name").hasPrefix("app hash differs") ? [1] : appHash(app)
    application.initResponse = try initResponse(line)
    application.defaultCommit = { CommitResponse(appHash: appHash($0)) }
    application.defaultEnd = EndBlockResponse(consensusParameterUpdates: ConsensusParameters(version: .init(app: 7 << 32)))
    let chain = try recorded(genesis, signers, store: store, state: height)
    let handshake = Handshake(
      genesis: genesis, application: application, states: chain.states, blocks: chain.blocks, log: .silent
    ) { (application, state) throws(EngineError) in
      BlockExecutor(
        application: application, states: chain.states, blocks: chain.blocks, evidence: chain.pool, mempool: nil, scheme: scheme,
        log: .silent)
    }
    var after: ChainState?
    try expectVerdict(refused: line.isRefused, "handshake") {
      after = try handshake.run(try chain.states.load() ?? ChainState(genesis: genesis))
    }
    let calls = line.list("calls").map { call in
      call.has("height") ? "\(call.text("call")) \(call["height"]?.integer(Int64.self) ?? 0)" : call.text("call")
    }
    try expectEqual(application.calls, calls, "calls")
    if let request, store == 0, app == 0, let asked = application.initRequest {
      try expectHex(InitChainMessage(asked).protobuf(), .string(request.hex), "init chain request")
      if line.has("state_after_pb") { try expectHex(after?.encoded() ?? [], line["state_after_pb"], "state after") }
    }
    if let after { try expectEqual(after.lastBlockHeight, line.number("state_after_height"), "height") }
  }

  private static func initResponse(_ line: JSONValue) throws -> InitChainResponse {
    switch line.text("name") {
    case "fresh start, app returns no app hash": return InitChainResponse(appHash: [])
    case "fresh start, app returns validators and params":
      let state = try ChainState(encoded: line.bytes("state_after_pb"))
      let updates = state.validators.validators.map { ValidatorUpdate(publicKey: $0.publicKey, power: $0.votingPower) }
      let parameters = ConsensusParameters(block: state.consensusParameters.block, version: state.consensusParameters.version)
      return InitChainResponse(consensusParameters: parameters, validators: updates, appHash: initialAppHash)
    default: return InitChainResponse(appHash: initialAppHash)
    }
  }

  /// Stores with blocks up to one height and state up to another.
  private static func recorded(
    _ genesis: GenesisDocument, _ signers: [ContextSigner], store: Int64, state height: Int64
  ) throws -> MemoryChain {
    var state = try ChainState(genesis: genesis)
    state.version.app = 7 << 32
    state.appHash = initialAppHash
    state.lastResultsHash = Merkle.root(of: [])
    let application = ScriptedApplication()
    application.defaultCommit = { CommitResponse(appHash: appHash($0)) }
    application.defaultEnd = EndBlockResponse(consensusParameterUpdates: ConsensusParameters(version: .init(app: 7 << 32)))
    if max(store, height) == 0 { return try MemoryChain(state, application: application, saving: false) }
    let full = try MemoryChain(state, application: application)
    var states = [state]
    var commit = Commit()
    for number in 1...max(store, height) {
      let proposer = full.state.validators.proposer?.address ?? []
      let block = try full.state.makeBlock([Array("tx \(number)".utf8)], lastCommit: commit, evidence: EvidenceList(), proposer: proposer)
      commit = try sign(block, signers, full.state)
      try full.apply(block, seenCommit: commit)
      states.append(full.state)
    }
    return try cut(full, states, store: store, state: height)
  }

  private static func sign(_ block: Block, _ signers: [ContextSigner], _ state: ChainState) throws -> Commit {
    let id = BlockID(hash: block.header.hash(), partSetHeader: block.parts().header)
    let signatures = try state.validators.validators.enumerated().map { index, validator -> CommitSignature in
      guard let signer = signers.first(where: { $0.publicKey == validator.publicKey.ed25519 }) else { throw GoldenError("no signer") }
      let vote = Vote(
        type: .precommit, height: block.header.height, round: 0, blockID: id, timestamp: block.header.time.adding(.seconds(1)),
        validatorAddress: validator.address, validatorIndex: Int32(index))
      let signature = try signer.sign(vote.signBytes(chainID: chainID))
      return CommitSignature(flag: .commit, validatorAddress: validator.address, timestamp: vote.timestamp, signature: signature)
    }
    return Commit(height: block.header.height, round: 0, blockID: id, signatures: signatures)
  }

  private static func cut(_ full: MemoryChain, _ states: [ChainState], store: Int64, state height: Int64) throws -> MemoryChain {
    let chain = try MemoryChain(states[0])
    for number in stride(from: Int64(1), through: store, by: 1) {
      guard let block = try full.blocks.block(at: number), let seen = try full.blocks.seenCommit(at: number) else { continue }
      try chain.blocks.save(block, parts: block.parts(), seenCommit: seen)
    }
    for number in stride(from: Int64(1), through: max(store, height), by: 1) {
      try chain.states.save(full.states.responses(at: number), at: number)
      if number <= height { try chain.states.save(states[Int(number)]) }
    }
    return chain
  }
}

/// The request as the reference's protobuf has it.
private struct InitChainMessage: ProtobufMessage {
  var time = Timestamp()
  var chainID = ""
  var parameters: ConsensusParameters?
  var validators: [ValidatorUpdate] = []
  var appState: [UInt8] = []
  var initialHeight: Int64 = 0

  init() {}
  init(_ request: InitChainRequest) {
    (time, chainID, parameters) = (request.time, request.chainID, request.consensusParameters)
    (validators, appState, initialHeight) = (request.validators, request.appState, request.initialHeight)
  }

  static let fields: [ProtobufField<Self>] = [
    .init(1, "time", \.time), .init(2, "chain_id", \.chainID), .init(3, "consensus_params", \.parameters),
    .init(4, "validators", \.validators), .init(5, "app_state_bytes", \.appState), .init(6, "initial_height", \.initialHeight),
  ]
}
