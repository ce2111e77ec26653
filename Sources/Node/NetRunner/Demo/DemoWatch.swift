internal import NodeAPI
internal import OasisTypes
internal import Wire

/// What the runner makes of the node's status, time and again. Pure: statuses and times come in, a verdict goes out.
///
/// A status that fails for a while counts as none; what the node says of itself is believed.
struct DemoWatch {
  enum Verdict: Equatable {
    /// What it waits for, in words that stay the same while it waits for the same, and figures that do not.
    case waiting(String, figures: String)
    /// The node is its committee's worker and ready.
    case ready(figures: String)
    /// It will not get better.
    case failed(String)
  }

  /// Limits, measured from the start of the node.
  struct Limits {
    /// Until the node answers.
    var answer: Duration = .seconds(120)
    /// Without a new block.
    var stall: Duration = .seconds(20)
    /// From the first block to a committee.
    var committee: Duration = .seconds(180)
  }

  /// Of the genesis registration.
  let genesisExpiration: Epoch
  /// What to remove to start anew.
  let directory: String
  var limits = Limits()

  private var height: Int64 = 0
  /// When the last new block was seen.
  private var growth: Duration?
  private var firstBlock: Duration?
  private var wasReady = false
  private var lastAnswer: Duration?

  init(genesisExpiration: Epoch, directory: String) { (self.genesisExpiration, self.directory) = (genesisExpiration, directory) }

  mutating func observe(_ status: Control.Status?, at now: Duration) -> Verdict {
    guard let status, let consensus = status.consensus else {
      let silent = now - (lastAnswer ?? .zero)
      if silent > limits.answer { return .failed("the node has not answered for \(silent.components.seconds) seconds") }
      return .waiting(lastAnswer == nil ? "starting the node" : "waiting for the node's answer", figures: "")
    }
    lastAnswer = now
    if consensus.latestHeight > height || growth == nil {
      if consensus.latestHeight > 0, firstBlock == nil { firstBlock = now }
      (height, growth) = (consensus.latestHeight, now)
    }
    let runtime = status.runtimes[DemoGenesis.runtimeID]
    let figures = Self.figures(consensus, runtime)
    if let growth, now - growth > limits.stall { return .failed(halt(status, consensus, runtime, now - growth)) }
    if consensus.latestHeight == 0 { return .waiting("waiting for the first block", figures: "") }
    let obstacle = obstacle(status, runtime)
    guard let obstacle else {
      wasReady = true
      return .ready(figures: figures)
    }
    if !wasReady, let firstBlock, now - firstBlock > limits.committee {
      return .failed("no committee after \((now - firstBlock).components.seconds) seconds (\(figures)): \(obstacle)")
    }
    return .waiting(obstacle, figures: figures)
  }

  /// What still lacks, or nil.
  private func obstacle(_ status: Control.Status, _ runtime: Control.RuntimeStatus?) -> String? {
    guard let runtime, let committee = runtime.committee else { return "waiting for the ParaTime's workers" }
    if committee.executorRoles?.contains(.worker) == true, committee.status == .ready {
      if let executor = runtime.executor, executor.status != .ready { return executor.status.word ?? "waiting for the executor" }
      return nil
    }
    switch committee.status {
    case .ready, .suspended: break
    default: return committee.status.word ?? "waiting for the ParaTime"
    }
    guard let registration = status.registration, registration.lastAttemptSuccessful else {
      let reason = status.registration?.lastAttemptError ?? ""
      return reason.isEmpty ? "waiting for the node's registration" : "waiting for the node's registration: \(reason)"
    }
    return "registered; waiting for the election of the committee"
  }

  private static func figures(_ consensus: Control.ConsensusStatus, _ runtime: Control.RuntimeStatus?) -> String {
    "block \(consensus.latestHeight), epoch \(consensus.latestEpoch), round \(runtime?.latestRound ?? 0)"
  }

  /// Why no blocks come.
  private func halt(
    _ status: Control.Status, _ consensus: Control.ConsensusStatus, _ runtime: Control.RuntimeStatus?, _ silence: Duration
  ) -> String {
    let place =
      "no new block for \(silence.components.seconds) seconds after block \(consensus.latestHeight), epoch \(consensus.latestEpoch)"
    let known = status.registration?.descriptor?.expiration
    let expiration = known ?? genesisExpiration
    let isRegistered = status.registration?.lastAttemptSuccessful == true && known.map { $0 > consensus.latestEpoch } == true
    guard !isRegistered, known == nil || consensus.latestEpoch >= expiration else { return place }
    var reason = "\(place). The chain halted because its only validator's registration ran out"
    // Later than that, it had registered anew, and for how long is not known.
    if known != nil || consensus.latestEpoch <= genesisExpiration.addingReportingOverflow(1).partialValue {
      reason += " with epoch \(expiration)"
    }
    reason += ": the node is validator and compute node in one and registers for both or for neither, and its runtime was not up"
    if let state = runtime?.committee?.status, state != .ready, let word = state.word { reason += " (\(word))" }
    if let error = status.registration?.lastAttemptError, !error.isEmpty { reason += "; the last attempt to register: \(error)" }
    return reason + ". Such a chain cannot go on: remove \(directory) to start anew"
  }
}
