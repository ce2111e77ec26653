internal import Bytes
public import OasisCrypto
public import Wire

extension RootHash {
  /// Body of `roothash.Evidence`: proof that a node said two things about one round; exactly one kind is set (sheet 05 §C.18).
  public struct Evidence: WireMap, Hashable, Sendable {
    public var id = Namespace()
    public var equivocationExecutor: EquivocationExecutorEvidence?
    public var equivocationProposal: EquivocationProposalEvidence?

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("id", \.id), .init("equivocation_executor", \.equivocationExecutor, .omitEmpty),
      .init("equivocation_prop", \.equivocationProposal, .omitEmpty),
    ]
  }

  /// Two commitments of a node.
  public struct EquivocationExecutorEvidence: WireMap, Hashable, Sendable {
    public var commitA = ExecutorCommitment()
    public var commitB = ExecutorCommitment()
    public init() {}
    public static let fields: [Field<Self>] = [.init("commit_a", \.commitA), .init("commit_b", \.commitB)]
  }

  /// Two proposals of a node.
  public struct EquivocationProposalEvidence: WireMap, Hashable, Sendable {
    public var proposalA = Proposal()
    public var proposalB = Proposal()
    public init() {}
    public static let fields: [Field<Self>] = [.init("prop_a", \.proposalA), .init("prop_b", \.proposalB)]
  }
}

extension RootHash.Evidence {
  /// The accused node and the round, of whichever kind is set.
  public var accusation: (node: PublicKey, round: UInt64)? {
    if let evidence = equivocationProposal { return (evidence.proposalA.nodeID, evidence.proposalA.header.round) }
    if let evidence = equivocationExecutor { return (evidence.commitA.nodeID, evidence.commitA.header.header.round) }
    return nil
  }

  /// What duplicates are told by: one punishment a node and round, whatever the kind.
  public var hash: Hash? { accusation.map { Hash.digest([1], $0.node.bytes) } }

  /// What is wrong with the evidence, or nil.
  public func violation(chainContext: String, blacklist: PublicKeyBlacklist) -> String? {
    switch (equivocationExecutor, equivocationProposal) {
    case (nil, nil): "evidence content has no fields set"
    case (.some, .some): "evidence has multiple fields set"
    case (let evidence?, nil): evidence.violation(id: id, chainContext: chainContext, blacklist: blacklist)
    case (nil, let evidence?): evidence.violation(id: id, chainContext: chainContext, blacklist: blacklist)
    }
  }
}

extension RootHash.EquivocationExecutorEvidence {
  func violation(id: Namespace, chainContext: String, blacklist: PublicKeyBlacklist) -> String? {
    let (a, b) = (commitA.header, commitB.header)
    guard !a.isMostlyEqual(to: b) else { return "commits are mostly equal, no sign of equivocation" }
    guard commitA.nodeID == commitB.nodeID else { return "equivocation executor evidence signature public keys don't match" }
    guard a.schedulerID == b.schedulerID else { return "equivocation executor evidence scheduler IDs don't match" }
    guard a.header.round == b.header.round else { return "equivocation evidence header rounds don't match" }
    guard commitA.messages.isEmpty, commitB.messages.isEmpty else { return "equivocation executor evidence should not contain messages" }
    if let violation = commitA.violation { return "equivocation evidence commit A not valid: \(violation)" }
    if let violation = commitB.violation { return "equivocation evidence commit B not valid: \(violation)" }
    if a.failure == .none, b.failure == .none {
      guard
        a.header.previousHash != b.header.previousHash || a.header.ioRoot != b.header.ioRoot || a.header.stateRoot != b.header.stateRoot
          || a.header.messagesHash != b.header.messagesHash
      else { return "equivocation evidence commit headers match, no sign of equivocation" }
    } else {
      guard a.failure != b.failure else { return "equivocation evidence failure indication fields match, no sign of equivocation" }
    }
    guard commitA.isSignatureValid(runtime: id, chainContext: chainContext, blacklist: blacklist),
      commitB.isSignatureValid(runtime: id, chainContext: chainContext, blacklist: blacklist)
    else { return "equivocation evidence signature verification failed" }
    return nil
  }
}

extension RootHash.EquivocationProposalEvidence {
  func violation(id: Namespace, chainContext: String, blacklist: PublicKeyBlacklist) -> String? {
    guard proposalA.header != proposalB.header else { return "equivocation evidence proposals are equal" }
    guard proposalA.nodeID == proposalB.nodeID else { return "equivocation evidence node IDs don't match" }
    guard proposalA.header.round == proposalB.header.round else { return "equivocation evidence header rounds don't match" }
    guard proposalA.batch.isEmpty, proposalB.batch.isEmpty else { return "equivocation evidence should not contain batches" }
    guard proposalA.isSignatureValid(runtime: id, chainContext: chainContext, blacklist: blacklist),
      proposalB.isSignatureValid(runtime: id, chainContext: chainContext, blacklist: blacklist)
    else { return "equivocation evidence signature verification failed" }
    return nil
  }
}
