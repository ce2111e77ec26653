internal import Bytes
internal import CometBFT
internal import GoldenSupport
internal import JSONText
internal import OasisCrypto
internal import Protobuf
internal import struct Telemetry.Log

/// One line per thing that happened, in order.
final class Journal { var lines: [String] = [] }

/// A log that only notes what it is asked.
final class JournalLog: ConsensusLog {
  let journal: Journal
  init(_ journal: Journal) { self.journal = journal }

  func write(_ record: TimedWALMessage) { note(record, "write") }
  func sync() { journal.lines.append("wal_flush") }
  func writeSync(_ record: TimedWALMessage) { note(record, "write_sync") }
  private func note(_ record: TimedWALMessage, _ kind: String) {
    switch record.message?.kind {
    case .roundState(let step): journal.lines.append("wal \(kind) round_state \(step.height)/\(step.round)/\(step.step)")
    case .endHeight(let end): journal.lines.append("wal \(kind) end_height \(end.height)")
    default: break
    }
  }
  func records(after height: Int64) -> [TimedWALMessage]? { nil }
  func hasEnd(of height: Int64) -> Bool { false }
  func repair() {}
}

/// The application of the recorded consensus runs.
final class RunApplication: Application {
  let journal: Journal
  let isConstant: Bool
  private var height: Int64 = 0
  init(_ journal: Journal, constantAppHash: Bool) { (self.journal, isConstant) = (journal, constantAppHash) }

  func info() -> ApplicationInfo { ApplicationInfo(appVersion: 0, lastBlockHeight: 0, lastBlockAppHash: []) }
  func initChain(_ request: InitChainRequest) -> InitChainResponse { InitChainResponse(appHash: []) }
  func prepareProposal(_ request: PrepareProposalRequest) -> [[UInt8]] {
    journal.lines.append("app prepare_proposal \(request.height) \(request.maxBytes) \(request.time.seconds).\(request.time.nanoseconds)")
    return [Array("height \(request.height)".utf8)]
  }
  func processProposal(_ request: ProcessProposalRequest) -> Bool {
    let accept = !request.transactions.contains { $0.starts(with: Array("bad".utf8)) }
    journal.lines.append("app process_proposal \(request.height) \(request.hash.hex) \(accept)")
    return accept
  }
  func checkTransaction(_ request: CheckTransactionRequest) -> CheckTransactionResponse { CheckTransactionResponse() }
  func beginBlock(_ request: BeginBlockRequest) -> BeginBlockResponse {
    height = request.header.height
    journal.lines.append("app begin_block \(height) \(request.hash.hex)")
    return BeginBlockResponse()
  }
  func deliverTransaction(_ transaction: [UInt8]) -> DeliverTransactionResponse { DeliverTransactionResponse() }
  func endBlock(height: Int64) -> EndBlockResponse { EndBlockResponse() }
  func commit() -> CommitResponse {
    var hash = SHA256()
    hash.update(Array((isConstant ? "app" : "app \(height)").utf8))
    let appHash = hash.finish()
    journal.lines.append("app commit \(height) \(appHash.hex)")
    return CommitResponse(appHash: appHash)
  }
}

/// One node with everything around it, as in the recorded runs.
struct ConsensusNode {
  let journal = Journal()
  let chain: MemoryChain
  let shell: ConsensusShell
  let clock: RunClock

  /// The running timer.
  final class RunClock {
    var now = Timestamp.zero
    var timer: (info: TimeoutInfo, due: Timestamp, isRunning: Bool) = (TimeoutInfo(), .zero, false)
  }

  /// - Parameter now: when the machine is made; its first start time follows from it.
  init(setup: JSONValue, state: ChainState, now: Timestamp, signing: SigningState = SigningState(), base: MemoryChain? = nil) throws {
    let journal = journal
    let clock = RunClock()
    clock.now = now
    self.clock = clock
    chain = try base ?? MemoryChain(state)
    let application = RunApplication(journal, constantAppHash: setup.flag("app_hash_constant"))
    let executor = BlockExecutor(
      application: application, states: chain.states, blocks: chain.blocks, evidence: chain.pool, mempool: nil, scheme: scheme, log: .silent
    )
    var timeouts = ConsensusTimeouts()
    timeouts.commit = Nanoseconds(try setup.number("timeout_commit_ns"))
    timeouts.skipCommit = setup.flag("skip_timeout_commit")
    timeouts.emptyBlocksInterval = Nanoseconds(try setup.number("create_empty_blocks_interval_ns"))
    let own: Int = try setup.number("own_index")
    let validators = setup.list("validators")
    let seed = own >= 0 ? try validators[own].bytes("seed") : [UInt8](repeating: 99, count: 32)
    let key = ValidatorKey(signer: ContextSigner(MemorySigner(seed: seed), context: context), state: signing)
    var lastCommit: VoteSet?
    var lastAppHash: [UInt8]?
    if state.lastBlockHeight > 0, let seen = try chain.blocks.seenCommit(at: state.lastBlockHeight) {
      lastCommit = VoteSet(seen, chainID: state.chainID, validators: state.lastValidators, scheme: scheme)
      lastAppHash = try chain.blocks.meta(at: state.lastBlockHeight)?.header.appHash
    }
    let machine = try ConsensusMachine(
      state: state, timeouts: timeouts, ownAddress: key.address, lastCommit: lastCommit, lastBlockAppHash: lastAppHash, scheme: scheme,
      now: now)
    // The recorded runs only note conflicting votes: they do not become evidence in blocks.
    let aside = try MemoryChain(state)
    shell = ConsensusShell(
      machine: machine, executor: executor, blocks: chain.blocks, evidence: aside.pool, log: JournalLog(journal), key: key, report: .silent
    ) { ConsensusNode.note($0, journal, clock) }
  }

  private static func note(_ output: ConsensusShell.Output, _ journal: Journal, _ clock: RunClock) {
    switch output {
    case .schedule(let info, let taken):
      journal.lines.append("schedule \(info.height)/\(info.round)/\(info.step) \(info.duration.rawValue) \(taken)")
      if taken { clock.timer = (info, clock.now.adding(info.duration), true) }
    case .broadcast(let message): journal.lines.append("broadcast \(comparable(message).protobuf().hex)")
    case .disconnect: journal.lines.append("disconnect")
    case .observed(let observation): journal.lines.append("event \(name(observation))")
    case .conflictingVotes(let first, let second):
      journal.lines.append("conflicting_votes \(first.protobuf().hex) \(second.protobuf().hex)")
    case .applied: break
    }
  }

  /// A broadcast without the part that depends on the recording machine's clock.
  static func comparable(_ message: ConsensusMessage) -> ConsensusMessage {
    guard case .newRoundStep(var step) = message.kind else { return message }
    step.secondsSinceStartTime = 0
    return ConsensusMessage(.newRoundStep(step))
  }

  private static func name(_ observation: ConsensusObservation) -> String {
    switch observation {
    case .newRound(let round, let proposer): "NewRound \(round) \(proposer)"
    case .completeProposal(_, let hash): "CompleteProposal \(hash.hex)"
    case .validBlock(let round): "ValidBlock \(round)"
    case .polka(let round): "Polka \(round)"
    case .lock(let round): "Lock \(round)"
    case .unlock(let round): "Unlock \(round)"
    case .relock(let round): "Relock \(round)"
    case .timeoutPropose(let round): "TimeoutPropose \(round)"
    case .timeoutWait(let round): "TimeoutWait \(round)"
    }
  }

  /// A recorded effect as a line of the journal; nil for what is not compared (texts of errors).
  static func line(_ effect: JSONValue) throws -> String? {
    func int(_ key: String) throws -> Int64 { try effect.number(key) }
    switch effect.text("e") {
    case "schedule":
      return "schedule \(try int("height"))/\(try int("round"))/\(try int("step")) \(try int("duration_ns")) \(effect.flag("taken"))"
    case "broadcast": return "broadcast \(comparable(try ConsensusMessage(protobuf: effect.bytes("pb"))).protobuf().hex)"
    case "event":
      var text = "event \(effect.text("type"))"
      if effect.has("round") { text += " \(try int("round"))" }
      if effect.has("proposer_index") { text += " \(try int("proposer_index"))" }
      if effect.has("hash") { text += " \(effect.text("hash"))" }
      return text
    case "app": return try appLine(effect)
    case "wal":
      if effect.text("what") == "end_height" { return "wal \(effect.text("kind")) end_height \(try int("height"))" }
      return "wal \(effect.text("kind")) round_state \(try int("height"))/\(try int("round"))/\(effect.text("step"))"
    case "wal_flush": return "wal_flush"
    case "own_message": return "own \(effect.text("pb"))"
    case "conflicting_votes": return "conflicting_votes \(effect.text("vote_a_pb")) \(effect.text("vote_b_pb"))"
    case "result": return effect.has("error") ? "disconnect" : nil
    case "log_error": return nil
    default: throw GoldenError("unknown effect \(effect.text("e"))")
    }
  }

  private static func appLine(_ effect: JSONValue) throws -> String {
    let height: Int64 = try effect.number("height")
    switch effect.text("call") {
    case "prepare_proposal":
      let time = try effect.time("time")
      return "app prepare_proposal \(height) \(try effect.number("max_tx_bytes", as: Int64.self)) \(time.seconds).\(time.nanoseconds)"
    case "process_proposal": return "app process_proposal \(height) \(effect.text("hash")) \(effect.flag("accept"))"
    case "begin_block": return "app begin_block \(height) \(effect.text("hash"))"
    default: return "app commit \(height) \(effect.text("app_hash"))"
    }
  }

  /// Compares the machine with a recorded snapshot.
  func expect(_ after: JSONValue) throws {
    let machine = shell.machine
    func number(_ key: String, _ ours: Int64) throws { try expectEqual(ours, after.number(key), key) }
    try number("height", machine.height)
    try number("round", Int64(machine.round))
    try number("step", Int64(machine.step.rawValue))
    try number("locked_round", Int64(machine.lockedRound))
    try number("valid_round", Int64(machine.validRound))
    try number("commit_round", Int64(machine.commitRound))
    try number("last_block_height", machine.state.lastBlockHeight)
    try expectEqual(machine.proposal != nil, after.flag("proposal"), "proposal")
    try expectEqual(machine.proposalBlockHash?.hex, after["proposal_block"]?.string, "proposal block")
    try expectEqual(machine.lockedBlockHash?.hex, after["locked_block"]?.string, "locked block")
    try expectEqual(machine.validBlockHash?.hex, after["valid_block"]?.string, "valid block")
    try expectEqual(machine.proposalParts?.bits.text, after["proposal_parts"]?.string, "parts")
    try expectEqual(machine.lastCommit?.bits.text, after["last_commit"]?.string, "last commit")
    try expectEqual(machine.precommitWaitTriggered, after.flag("triggered_precommit_wait"), "precommit wait")
    try expectEqual(machine.startTime, after.time("start_time"), "start time")
    try expectHex(machine.validators.proposer?.address ?? [], after["proposer"], "proposer")
    var votes: [String: [String]] = [:]
    for round in machine.votes.openRounds where round <= machine.round + 1 {  // rounds that peers opened are not recorded
      guard let prevotes = machine.votes.prevotes(round), let precommits = machine.votes.precommits(round) else { continue }
      if !prevotes.bits.isEmpty || !precommits.bits.isEmpty { votes["\(round)"] = [prevotes.bits.text, precommits.bits.text] }
    }
    var recorded: [String: [String]] = [:]
    for member in after["votes"]?.object ?? [] { recorded[member.key] = (member.value.array ?? []).map { $0.string ?? "" } }
    try expectEqual(votes, recorded, "votes")
    try expectTimer(after)
  }

  private func expectTimer(_ after: JSONValue) throws {
    guard let timer = after["timer"], !timer.isNull else { return }
    try expectEqual(clock.timer.isRunning, timer.flag("running"), "timer runs")
    let last = shell.slot.last
    try expectEqual(
      "\(last.height)/\(last.round)/\(last.step)",
      "\(try timer.number("height", as: Int64.self))/\(try timer.number("round", as: Int64.self))/\(try timer.number("step", as: Int64.self))",
      "timer")
    if clock.timer.isRunning { try expectEqual(clock.timer.due, timer.time("due"), "timer due") }
  }
}
