internal import Telemetry

// How the engine takes up the chain where it stands. Rule: engine sheet A15.

extension Engine {
  /// Brings application and stores to the same height, and takes up the consensus where the log ends. Once.
  public func start() throws(EngineError) {
    guard !isStarted else { throw .inconsistent("the engine was started already") }
    try validating { () throws(ValidationError) in try genesis.validateBasic() }
    var state = try loadState()
    try checkSigningState(state)
    let handshake = Handshake(
      genesis: genesis, application: application, states: chain.states, blocks: chain.blocks, log: log
    ) { [self] (application, state) throws(EngineError) in
      BlockExecutor(
        application: application, states: chain.states, blocks: chain.blocks, evidence: try openEvidence(state), mempool: nil,
        scheme: scheme, log: log)
    }
    state = try handshake.run(state)
    mempool.setLimits(state.consensusParameters, validators: state.validators.count)
    evidence = try openEvidence(state)
    if try pausesSigning(state) { try startWait() } else { try takeUp(state) }
    isStarted = true
  }

  private func loadState() throws(EngineError) -> ChainState {
    if let state = try stored({ () throws(StorageError) in try chain.states.load() }) {
      guard state.chainID == genesis.chainID else {
        throw .inconsistent("the stored chain is \(state.chainID), the genesis document is of \(genesis.chainID)")
      }
      return state
    }
    return try validating { () throws(ValidationError) in try ChainState(genesis: genesis) }
  }

  private func openEvidence(_ state: ChainState) throws(EngineError) -> EvidencePool {
    try stored { () throws(StorageError) in
      try EvidencePool(
        store: storage.evidence, prefix: configuration.storePrefix, states: chain.states, blocks: chain.blocks, state: state,
        scheme: scheme, log: log)
    }
  }

  // MARK: Signing state

  /// Refuses stores that are older than what we signed: a chain that goes on from them is another one.
  private func checkSigningState(_ state: ChainState) throws(EngineError) {
    guard let key else { return }
    let newest = try stored { () throws(StorageError) in try chain.blocks.height() }
    let next = newest == 0 ? max(state.nextHeight, genesis.initialHeight) : newest + 1  // heights are far below 2^63
    guard key.state.height > next else { return }
    throw .inconsistent(
      "\(key.stateName) signed at height \(key.state.height), but the newest stored block is \(newest): the stores are an older copy; "
        + "restore stores, write-ahead log and signing state of one moment, or, for a chain that was started anew, move the file away")
  }

  /// Judges a start without a signing state. True: wait, since nobody else makes blocks. Else the shell, which is still to be made, gets
  /// `pause`.
  private func pausesSigning(_ state: ChainState) throws(EngineError) -> Bool {
    guard let key, key.state.isBlank, state.lastBlockHeight > 0,
      [state.lastValidators, state.validators, state.nextValidators].contains(where: { $0.index(of: key.address) != nil })
    else { return false }
    let isNeeded = !state.validators.suffices(without: key.address)
    let until = isNeeded ? "a wait, as no block comes without us" : "\(configuration.blocksBeforeSigning) blocks without our signature"
    log.warn(
      "OUR SIGNING STATE WAS MISSING, yet our key is a validator's: not signing yet; stop this node and restore the file if there is a "
        + "copy, and make sure that no other node runs with this key",
      ["file": key.stateName, "until": until])
    pause = SigningPause(address: key.address, needed: configuration.blocksBeforeSigning, start: state.lastBlockHeight)
    return isNeeded
  }

  /// Leaves the consensus until the wait is over.
  private func startWait() throws(EngineError) {
    shell = nil
    timer?.cancel()
    let wait = configuration.waitBeforeSigning
    timer = Task { [clock, inputs] in
      do { try await clock.sleep(for: wait) } catch { return }
      inputs.yield(.signingAllowed)
    }
  }

  /// Waits when nobody else makes blocks any more while we do not sign.
  func waitIfNoneElse(_ state: ChainState) throws(EngineError) {
    guard let key, let shell, shell.pause != nil, !state.validators.suffices(without: key.address) else { return }
    log.warn("no block comes without our signature any more: waiting before we sign", ["height": state.lastBlockHeight])
    try startWait()
  }

  func endWait() throws(EngineError) {
    guard shell == nil, evidence != nil else { return }
    pause = nil
    log.warn("the wait after the loss of the signing state is over: signing again")
    try takeUp(try loadState())
    hasAnnouncedTransactions = false
    announceTransactions()
  }

  /// Goes on with the next round when the log has lost the vote that we signed last: we do not vote twice in its round, and a network
  /// that needs only our vote would stand still.
  ///
  /// Not after a precommit for a block that peers may have seen: they may have committed that block, and our next round would decide
  /// another. That vote counts again, and the block has to come from them.
  func leaveBarredRound() throws(EngineError) -> Bool {
    guard mayBeBarred, let shell, let key else { return false }
    mayBeBarred = false
    let (machine, signed) = (shell.machine, key.state)
    guard shell.pause == nil, signed.height == machine.height, signed.step > 1, signed.round >= machine.round,
      machine.state.validators.suffices(only: key.address), let index = machine.state.validators.index(of: key.address),
      machine.votes.votes(signed.round, signed.step == 2 ? .prevote : .precommit)?.votes[index] == nil
    else { return false }
    let now = clock.now()
    let place: LogFields = ["file": storage.log.location, "height": signed.height, "round": signed.round]
    if configuration.hasPeers, let vote = signed.blockPrecommit(by: key.address, index: index) {
      log.warn("the write-ahead log has lost the precommit that we signed last: waiting for its block", place)
      try act { (shell) throws(EngineError) in try shell.count(vote, now: now) }
      return true
    }
    log.warn("the write-ahead log has lost the vote that we signed last: going on with the next round", place)
    try act { (shell) throws(EngineError) in try shell.leave(round: signed.round, now: now) }
    return true
  }

  // MARK: Shell

  /// Takes part in the consensus from here on.
  private func takeUp(_ state: ChainState) throws(EngineError) {
    let records = try recordsToReplay(state)
    do { try key?.learn(from: records, chainID: state.chainID, scheme: scheme) } catch { throw .inconsistent("\(error)") }
    let shell = try makeShell(state)
    shell.pause = pause
    self.shell = shell
    mayBeBarred = true
    let now = clock.now()
    try act { (shell) throws(EngineError) in
      try shell.replay(records, now: now)
      try shell.start(now: now)
    }
  }

  /// What the log has since the last block; cuts off a damaged end.
  private func recordsToReplay(_ state: ChainState) throws(EngineError) -> [TimedWALMessage] {
    let log = storage.log
    let last = state.nextHeight == state.initialHeight ? 0 : state.nextHeight - 1
    do {
      if try log.hasEnd(of: state.nextHeight) {
        let text = "\(log.location) has the end of height \(state.nextHeight), which is not stored: the stores are an older copy"
        guard key == nil else { throw EngineError.inconsistent(text + "; restore stores, log and signing state of one moment") }
        self.log.error(text + "; starting without the log")
        return []
      }
      let records = try intactRecords(after: last)
      if let records {
        if let notice = log.notice { self.log.warn("the write-ahead log is damaged where it is not needed any more", ["at": notice]) }
        return records
      }
      self.log.warn(
        "the write-ahead log lacks the end of the last height: going on without what it holds",
        ["file": log.location, "height": last, "damage": log.notice ?? "none"])
      try log.repair()
      try log.writeSync(TimedWALMessage(time: clock.now(), message: WALMessage(.endHeight(EndHeightRecord(height: last)))))
      return []
    } catch let error as EngineError { throw error } catch { throw .inconsistent("\(error)") }
  }

  private func intactRecords(after height: Int64) throws(LogError) -> [TimedWALMessage]? {
    do { return try storage.log.records(after: height) } catch {
      guard case .corrupt = error else { throw error }
      try storage.log.repair()
      log.error("\(error): cut off before that record; what was there is kept beside it with .CORRUPTED after its name")
      return try storage.log.records(after: height)
    }
  }

  private func makeShell(_ state: ChainState) throws(EngineError) -> ConsensusShell {
    guard let pool = evidence else { throw .inconsistent("the engine was not started") }
    var lastCommit: VoteSet?
    var lastAppHash: [UInt8]?
    if state.lastBlockHeight > 0 {
      let height = state.lastBlockHeight
      guard let seen = try stored({ () throws(StorageError) in try chain.blocks.seenCommit(at: height) }) else {
        throw .storage(.notFound("seen commit of block \(height)"))
      }
      lastCommit = VoteSet(seen, chainID: state.chainID, validators: state.lastValidators, scheme: scheme)
      lastAppHash = try stored { () throws(StorageError) in try chain.blocks.meta(at: height)?.header.appHash }
    }
    let machine = try validating { () throws(ValidationError) in
      try ConsensusMachine(
        state: state, timeouts: configuration.timeouts, ownAddress: key?.address, lastCommit: lastCommit, lastBlockAppHash: lastAppHash,
        scheme: scheme, now: clock.now())
    }
    let executor = BlockExecutor(
      application: application, states: chain.states, blocks: chain.blocks, evidence: pool, mempool: mempool, scheme: scheme, log: log)
    let outbox = outbox
    return ConsensusShell(
      machine: machine, executor: executor, blocks: chain.blocks, evidence: pool, log: storage.log, key: key, report: log
    ) { outbox.items.append($0) }
  }
}
