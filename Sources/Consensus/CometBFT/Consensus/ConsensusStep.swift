/// The steps of a round. Rule: engine sheet A13.1.
public enum ConsensusStep: UInt8, Sendable, Comparable {
  case newHeight = 1, newRound, propose, prevote, prevoteWait, precommit, precommitWait, commit

  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

  /// The name in the write-ahead log.
  var name: String {
    switch self {
    case .newHeight: "RoundStepNewHeight"
    case .newRound: "RoundStepNewRound"
    case .propose: "RoundStepPropose"
    case .prevote: "RoundStepPrevote"
    case .prevoteWait: "RoundStepPrevoteWait"
    case .precommit: "RoundStepPrecommit"
    case .precommitWait: "RoundStepPrecommitWait"
    case .commit: "RoundStepCommit"
    }
  }
}

/// How long the engine waits. The defaults are those of the network's nodes. Rule: consensus sheet 19.2.
public struct ConsensusTimeouts: Hashable, Sendable {
  public var propose = Nanoseconds.seconds(3)
  public var proposeDelta = Nanoseconds.milliseconds(500)
  public var prevote = Nanoseconds.seconds(1)
  public var prevoteDelta = Nanoseconds.milliseconds(500)
  public var precommit = Nanoseconds.seconds(1)
  public var precommitDelta = Nanoseconds.milliseconds(500)
  /// Between a commit and the next height.
  public var commit = Nanoseconds.seconds(1)
  /// Start the next height as soon as all validators' precommits are there.
  public var skipCommit = false
  /// How long to wait for a transaction before an empty block; 0 does not wait.
  public var emptyBlocksInterval = Nanoseconds()

  public init() {}

  /// How long a round's proposal is waited for.
  public func propose(round: Int32) -> Nanoseconds { Self.sum(propose, proposeDelta, round) }
  /// How long further prevotes are waited for after two thirds of any.
  public func prevote(round: Int32) -> Nanoseconds { Self.sum(prevote, prevoteDelta, round) }
  /// How long further precommits are waited for after two thirds of any.
  public func precommit(round: Int32) -> Nanoseconds { Self.sum(precommit, precommitDelta, round) }

  private static func sum(_ base: Nanoseconds, _ delta: Nanoseconds, _ round: Int32) -> Nanoseconds {
    Nanoseconds(Int64(clamping: Int128(base.rawValue) + Int128(delta.rawValue) * Int128(round)))
  }
}

/// The one timer of a machine: remembers what was scheduled last, also after it fired.
public struct TimeoutSlot: Sendable, Hashable {
  public private(set) var last = TimeoutInfo()

  public init() {}

  /// Whether a request replaces the running timer; if so it is remembered.
  public mutating func take(_ request: TimeoutInfo) -> Bool {
    if request.height < last.height { return false }
    if request.height == last.height {
      if request.round < last.round { return false }
      if request.round == last.round, last.step > 0, request.step <= last.step { return false }
    }
    last = request
    return true
  }
}
