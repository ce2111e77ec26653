public import OasisCrypto
public import OasisTypes

/// The other nodes of a runtime's committee, as the executor uses them.
public protocol CommitteePeers: Sendable {
  /// Sends this node's signed proposal to the committee of an epoch.
  func publish(_ proposal: RootHash.Proposal, epoch: Epoch) async
  /// Transactions that others know, by their hashes; those that are not found are left out.
  func transactions(_ hashes: [Hash]) async throws -> [[UInt8]]
}

/// A committee whose only reachable member is this node: its proposals are its own to process, and nobody knows more transactions.
public struct NoPeers: CommitteePeers {
  public init() {}
  public func publish(_ proposal: RootHash.Proposal, epoch: Epoch) async {}
  public func transactions(_ hashes: [Hash]) async throws -> [[UInt8]] { [] }
}

/// Why a proposal of a peer was not kept. Rule: sheet 08 §B6.2.
public struct ProposalRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String
  /// Whether it will never be acceptable, so that it must not be passed on.
  public let isPermanent: Bool
}
