package import Telemetry

/// Brings application and stores to the same height at start. Rule: engine sheet A15.2.
package struct Handshake {
  let genesis: GenesisDocument
  let application: any Application
  let states: StateStore
  let blocks: BlockStore
  let log: Log
  /// Makes an executor for an application.
  let executor: (any Application, ChainState) throws(EngineError) -> BlockExecutor

  package init(
    genesis: GenesisDocument, application: any Application, states: StateStore, blocks: BlockStore, log: Log,
    executor: @escaping (any Application, ChainState) throws(EngineError) -> BlockExecutor
  ) {
    (self.genesis, self.application, self.states, self.blocks) = (genesis, application, states, blocks)
    (self.log, self.executor) = (log, executor)
  }

  /// The state after the newest block, with the application there too.
  package func run(_ loaded: ChainState) throws(EngineError) -> ChainState {
    var state = loaded
    let info = try asking("info") { try application.info() }
    guard info.lastBlockHeight >= 0 else { throw .application("info: height \(info.lastBlockHeight)") }
    if state.lastBlockHeight == 0 { state.version.app = info.appVersion }
    let store = try stored { () throws(StorageError) in try blocks.height() }
    let base = try stored { () throws(StorageError) in try blocks.base() }
    log.info(
      "ABCI handshake",
      ["app_height": info.lastBlockHeight, "store_height": store, "state_height": state.lastBlockHeight])
    let appHash = try initialise(&state, info)
    try check(info.lastBlockHeight, store: store, base: base, state: state)
    if store == 0 {
      try match(appHash, state)
      return state
    }
    return try replay(&state, app: info.lastBlockHeight, appHash: appHash, store: store)
  }

  private func initialise(_ state: inout ChainState, _ info: ApplicationInfo) throws(EngineError) -> [UInt8] {
    guard info.lastBlockHeight == 0 else { return info.lastBlockAppHash }
    let validators = try validating { () throws(ValidationError) in
      var list: [Validator] = []
      for item in genesis.validators { list.append(try item.validator()) }
      return list.isEmpty ? ValidatorSet() : try ValidatorSet(new: list)
    }
    let request = InitChainRequest(
      time: genesis.time, chainID: genesis.chainID, consensusParameters: genesis.consensusParameters,
      validators: validators.validators.map { ValidatorUpdate(publicKey: $0.publicKey, power: $0.votingPower) },
      appState: genesis.appState, initialHeight: genesis.initialHeight)
    let response = try asking("init chain") { try application.initChain(request) }
    if state.lastBlockHeight == 0 {
      do { try state.apply(response, genesis: genesis) } catch { throw .application("init chain: \(error)") }
      try stored { () throws(StorageError) in try states.save(state) }
    }
    return response.appHash
  }

  private func check(_ app: Int64, store: Int64, base: Int64, state: ChainState) throws(EngineError) {
    if store == 0 { return }
    if app == 0, state.initialHeight < base { throw .inconsistent("application is at height 0, the oldest block is \(base)") }
    if app > 0, app < base - 1 { throw .inconsistent("application is at height \(app), the oldest block is \(base)") }
    if store < app { throw .inconsistent("application is at height \(app), above the newest block \(store)") }
    if store < state.lastBlockHeight { throw .inconsistent("state is at height \(state.lastBlockHeight), above the newest block \(store)") }
    if store > state.lastBlockHeight + 1 {
      throw .inconsistent("newest block is \(store), more than one above the state at \(state.lastBlockHeight)")
    }
  }

  private func replay(_ state: inout ChainState, app: Int64, appHash: [UInt8], store: Int64) throws(EngineError) -> ChainState {
    var appHash = appHash
    let isBehind = store == state.lastBlockHeight + 1
    if isBehind, app == store {
      // The application committed the block, but the state was not stored: take its answers from the store.
      let responses = try stored { () throws(StorageError) in try states.lastResponses(at: store) }
      return try apply(store, to: state, ReplayedApplication(responses, appHash: appHash))
    }
    let last = isBehind ? store - 1 : store
    let first = app == 0 ? state.initialHeight : app + 1
    if first <= last {
      let executor = try executor(application, state)
      for height in first...last {
        let block = try load(height)
        if !appHash.isEmpty, block.header.appHash != appHash {
          throw .inconsistent("app hash \(lowerHex(appHash)) before block \(height), which has \(lowerHex(block.header.appHash))")
        }
        log.info("replaying block", ["height": height])
        appHash = try executor.replay(block, initialHeight: state.initialHeight)
      }
    }
    if isBehind { return try apply(store, to: state, application) }
    try match(appHash, state)
    return state
  }

  private func apply(_ height: Int64, to state: ChainState, _ application: any Application) throws(EngineError) -> ChainState {
    let block = try load(height)
    guard let meta = try stored({ () throws(StorageError) in try blocks.meta(at: height) }) else {
      throw .storage(.notFound("block \(height)"))
    }
    log.info("applying block", ["height": height])
    return try executor(application, state).apply(block, blockID: meta.blockID, to: state).state
  }

  private func load(_ height: Int64) throws(EngineError) -> Block {
    guard let block = try stored({ () throws(StorageError) in try blocks.block(at: height) }) else {
      throw .storage(.notFound("block \(height)"))
    }
    return block
  }

  private func match(_ appHash: [UInt8], _ state: ChainState) throws(EngineError) {
    guard appHash == state.appHash else {
      throw .inconsistent(
        "app hash of the application is \(lowerHex(appHash)), of the state \(lowerHex(state.appHash)); was the application reset or replaced?"
      )
    }
  }
}

/// Answers for one block what an application answered before.
private final class ReplayedApplication: Application {
  private let responses: BlockResponses
  private let appHash: [UInt8]
  private var next = 0

  init(_ responses: BlockResponses, appHash: [UInt8]) { (self.responses, self.appHash) = (responses, appHash) }

  func info() -> ApplicationInfo { ApplicationInfo(appVersion: 0, lastBlockHeight: 0, lastBlockAppHash: []) }
  func initChain(_ request: InitChainRequest) -> InitChainResponse { InitChainResponse(appHash: []) }
  func prepareProposal(_ request: PrepareProposalRequest) -> [[UInt8]] { [] }
  func processProposal(_ request: ProcessProposalRequest) -> Bool { false }
  func checkTransaction(_ request: CheckTransactionRequest) -> CheckTransactionResponse { CheckTransactionResponse() }
  func beginBlock(_ request: BeginBlockRequest) -> BeginBlockResponse { responses.beginBlock ?? BeginBlockResponse() }
  func deliverTransaction(_ transaction: [UInt8]) throws(EngineError) -> DeliverTransactionResponse {
    guard next < responses.deliverTransactions.count else { throw .inconsistent("stored results do not fit the block") }
    defer { next += 1 }
    return responses.deliverTransactions[next]
  }
  func endBlock(height: Int64) -> EndBlockResponse { responses.endBlock ?? EndBlockResponse() }
  func commit() -> CommitResponse { CommitResponse(appHash: appHash) }
}
