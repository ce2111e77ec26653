internal import AsyncValues
public import OasisTypes

/// A commitment seen in a transaction on its way into the mempool: unverified, in no order, possibly repeated. Rule: sheet 05 §C.22.
public struct ObservedCommitment: Sendable {
  public var runtimeID: Namespace
  public var commitment: RootHash.ExecutorCommitment
}

/// Tells of commitments as the mempool sees them.
public final class CommitmentFeed: Sendable {
  /// How many a listener may lag behind before it loses the oldest: all workers of some rounds.
  private static let backlog = 1024
  private let feed = Broadcast<ObservedCommitment>(.bufferingNewest(backlog), replaysLatest: false)

  public init() {}

  /// For the service that checks the transactions.
  public func observe(_ runtimeID: Namespace, _ commitment: RootHash.ExecutorCommitment) {
    feed.send(ObservedCommitment(runtimeID: runtimeID, commitment: commitment))
  }

  /// Commitments from now on.
  public func commitments() -> AsyncStream<ObservedCommitment> { feed.subscribe() }
}
