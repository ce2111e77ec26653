internal import Bytes
public import OasisCrypto
internal import Wire

extension RootHash {
  /// A broken rule of the root hash service; numbers are those of its two error modules (sheet 05 §C.1).
  public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The rule that is broken.
    public enum Code: Hashable, Sendable {
      case invalidArgument, notFound, invalidRuntime, noExecutorPool, runtimeSuspended, noCommittee, maxMessagesTooBig, runtimeDoesNotSlash
      case duplicateEvidence, invalidEvidence, incomingMessageQueueFull, incomingMessageInsufficientFee, maxInMessagesTooBig
      case noRuntime, noCommitteeConfigured, invalidCommitteeKind, rakSignatureInvalid, notInCommittee, alreadyCommitted,
        notBasedOnCorrectBlock
      case badExecutorCommitment, invalidMessages
      /// No code of its own: module `unknown`, code 1.
      case uncoded
    }

    public var code: Code
    /// What exactly is wrong; may be empty.
    public var detail: String

    public init(_ code: Code, _ detail: String = "") {
      self.code = code
      self.detail = detail
    }

    /// Module, number and the reference's text.
    private var entry: (module: String, number: UInt32, text: String) {
      let service = RootHash.moduleName
      let commitment = RootHash.commitmentModuleName
      return switch code {
      case .invalidArgument: (service, 1, "roothash: invalid argument")
      case .notFound: (service, 2, "roothash: block not found")
      case .invalidRuntime: (service, 3, "roothash: invalid runtime")
      case .noExecutorPool: (service, 4, "roothash: no executor pool")
      case .runtimeSuspended: (service, 5, "roothash: runtime is suspended")
      case .noCommittee: (service, 6, "roothash: no committee")
      case .maxMessagesTooBig: (service, 7, "roothash: max runtime messages parameter is too big")
      case .runtimeDoesNotSlash: (service, 8, "roothash: runtime does not slash")
      case .duplicateEvidence: (service, 9, "roothash: duplicate evidence")
      case .invalidEvidence: (service, 10, "roothash: invalid evidence")
      case .incomingMessageQueueFull: (service, 11, "roothash: incoming message queue full")
      case .incomingMessageInsufficientFee: (service, 12, "roothash: insufficient fee to submit incoming message")
      case .maxInMessagesTooBig: (service, 13, "roothash: max incoming runtime messages parameter is too big")
      case .noRuntime: (commitment, 1, "roothash/commitment: no runtime configured")
      case .noCommitteeConfigured: (commitment, 2, "roothash/commitment: no committee configured")
      case .invalidCommitteeKind: (commitment, 3, "roothash/commitment: invalid committee kind")
      case .rakSignatureInvalid: (commitment, 4, "roothash/commitment: batch RAK signature invalid")
      case .notInCommittee: (commitment, 5, "roothash/commitment: node not part of committee")
      case .alreadyCommitted: (commitment, 6, "roothash/commitment: node already sent commitment")
      case .notBasedOnCorrectBlock: (commitment, 7, "roothash/commitment: submitted commitment is not based on correct block")
      case .badExecutorCommitment: (commitment, 11, "roothash/commitment: bad executor commitment")
      case .invalidMessages: (commitment, 13, "roothash/commitment: invalid messages")
      case .uncoded: ("unknown", 1, "")
      }
    }

    /// The module that goes with the code.
    public var module: String { entry.module }
    /// The number under which the error is reported.
    public var number: UInt32 { entry.number }
    public var description: String {
      let text = entry.text
      return detail.isEmpty ? text : text.isEmpty ? detail : "\(text): \(detail)"
    }
  }
}

extension RootHash.ExecutorCommitment {
  /// The commitment's vote: nil for a failure.
  public var vote: Hash? { indicatesFailure ? nil : header.header.hash }

  /// Whether the node signed the header for the runtime on the chain.
  public func isSignatureValid(runtime: Namespace, chainContext: String, blacklist: PublicKeyBlacklist) -> Bool {
    nodeID.verify(
      signature, message: header.cbor(), context: .executorCommitment.with(suffix: runtime.hex).on(chain: chainContext),
      blacklist: blacklist)
  }

  /// Signs the header as the node of `signer`.
  public mutating func sign(with signer: some Signer, runtime: Namespace, chainContext: String) throws(SignerError) {
    nodeID = signer.publicKey
    signature = try signer.sign(
      context: .executorCommitment.with(suffix: runtime.hex).on(chain: chainContext), message: header.cbor())
  }

  /// What is wrong with the commitment by itself, or nil (sheet 05 §C.3).
  public var violation: String? {
    let results = header.header
    switch header.failure {
    case .none:
      guard results.ioRoot != nil else { return "missing IORoot" }
      guard results.stateRoot != nil else { return "missing StateRoot" }
      guard results.messagesHash != nil else { return "missing messages hash" }
      guard results.inMessagesHash != nil else { return "missing incoming messages hash" }
      for (index, message) in messages.enumerated() {
        if let violation = message.violation { return "bad runtime message \(index): \(violation)" }
      }
      return nil
    case .unknown, .stateUnavailable:
      guard results.ioRoot == nil, results.stateRoot == nil, results.messagesHash == nil, results.inMessagesHash == nil,
        results.inMessagesCount == 0
      else { return "failure indicating body must not have results" }
      guard header.rakSignature == nil else { return "failure indicating body must not have a RAK signature" }
      guard messages.isEmpty else { return "failure indicating body must not have messages" }
      return nil
    default: return "invalid failure: \(header.failure.rawValue)"
    }
  }
}

extension RootHash.ComputeResultsHeader {
  /// Whether an enclave's attestation key signed the results.
  public func isSigned(by rak: PublicKey, _ signature: Signature, blacklist: PublicKeyBlacklist) -> Bool {
    rak.verify(signature, message: cbor(), context: .computeResultsHeader, blacklist: blacklist)
  }
}

extension RootHash.Proposal {
  /// Whether the scheduler signed the header for the runtime on the chain.
  public func isSignatureValid(runtime: Namespace, chainContext: String, blacklist: PublicKeyBlacklist) -> Bool {
    nodeID.verify(
      signature, message: header.cbor(), context: .proposal.with(suffix: runtime.hex).on(chain: chainContext), blacklist: blacklist)
  }

  /// Signs the header as the node of `signer`.
  public mutating func sign(with signer: some Signer, runtime: Namespace, chainContext: String) throws(SignerError) {
    nodeID = signer.publicKey
    signature = try signer.sign(context: .proposal.with(suffix: runtime.hex).on(chain: chainContext), message: header.cbor())
  }
}
