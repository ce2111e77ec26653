public import CometBFT
internal import ConsensusApp
internal import OasisTypes

/// The node's own pool does not take a transaction, which is no verdict of the chain on it: it has no code. Rule: sheet 03 §16.
public struct PoolFailure: Error, Hashable, CustomStringConvertible {
  public var reason: PoolRefusal
  public init(reason: PoolRefusal) { self.reason = reason }
  /// Whether it passes by itself.
  public var isTemporary: Bool { reason == .full }
  public var description: String { "cometbft: failed to submit to local mempool: \(reason)" }
}

extension EngineError {
  /// What somebody hears whose transaction the engine did not take: `consensus`/5 for one that it knows already, and only for that.
  public var forSubmitter: any Error {
    switch self {
    case .refused(.known): CodedError.duplicateTransaction
    case .refused(let reason): PoolFailure(reason: reason)
    case .stopped: CancellationError()  // the node stops: nobody's failure
    default: self
    }
  }
}
