/// Why a message cannot be signed or checked under a context.
public enum SignatureContextError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The base is empty, holds the chain separator, or the whole can exceed 255 bytes.
  case malformed(String)
  /// The context takes a suffix and has none.
  case missingSuffix(String)
  /// The suffix is empty, too long, or the context takes none.
  case invalidSuffix(String)
  /// The context is bound to a chain and none was given.
  case missingChainContext(String)
  /// The chain context is not 1 to 64 bytes long.
  case invalidChainContext(String)

  public var description: String {
    switch self {
    case .malformed(let base): "signature: malformed context: \(base)"
    case .missingSuffix(let base): "signature: dynamic context suffix not set: \(base)"
    case .invalidSuffix(let base): "signature: domain separation context suffix not configured or malformed: \(base)"
    case .missingChainContext(let base): "signature: chain domain separation context not set: \(base)"
    case .invalidChainContext(let chain): "signature: malformed context: \(chain)"
    }
  }
}

/// The domain that a signature is made for; it goes in front of the message before hashing. (Sheet 01 §3.3, §3.4.)
///
/// A context is a value: one that depends on a suffix or a chain is completed with `with(suffix:)` and `on(chain:)` before use.
public struct SignatureContext: Hashable, Sendable, CustomStringConvertible {
  /// The text of the context, without suffix and chain.
  public let base: String
  /// Whether signatures are bound to one chain.
  public let isChainSeparated: Bool
  private let suffixSeparator: String?
  private let suffixLimit: Int
  private var suffix: String?
  private var chain: String?

  private static let chainSeparator = " for chain "

  /// A fixed context known to be well formed.
  private init(known base: String, chainSeparated: Bool = false, suffixSeparator: String? = nil, suffixLimit: Int = 0) {
    self.base = base
    self.isChainSeparated = chainSeparated
    self.suffixSeparator = suffixSeparator
    self.suffixLimit = suffixLimit
  }

  /// A new context. Its base may not be empty nor hold " for chain ", and the whole may not exceed 255 bytes.
  public init(
    _ base: String, chainSeparated: Bool = false, suffixSeparator: String? = nil, suffixLimit: Int = 0
  ) throws(SignatureContextError) {
    var length = base.utf8.count
    if let suffixSeparator { length += suffixSeparator.utf8.count + suffixLimit }
    if chainSeparated { length += SignatureContext.chainSeparator.utf8.count + 64 }
    guard !base.isEmpty, !base.utf8Contains(SignatureContext.chainSeparator), length <= 255 else { throw .malformed(base) }
    self.init(known: base, chainSeparated: chainSeparated, suffixSeparator: suffixSeparator, suffixLimit: suffixLimit)
  }

  /// The same context with its dynamic suffix, such as a runtime's id.
  public func with(suffix: String) -> SignatureContext {
    var result = self
    result.suffix = suffix
    return result
  }

  /// The same context on a chain, named by its chain context (the genesis hash in hex). No effect on contexts without chain separation.
  public func on(chain: String) -> SignatureContext {
    guard isChainSeparated else { return self }
    var result = self
    result.chain = chain
    return result
  }

  /// The complete bytes that precede the message.
  public func fullBytes() throws(SignatureContextError) -> [UInt8] {
    var text = base
    switch (suffixSeparator, suffix) {
    case (nil, nil): break
    case (let separator?, let suffix?):
      guard !suffix.isEmpty, suffix.utf8.count <= suffixLimit else { throw .invalidSuffix(base) }
      text += separator + suffix
    case (.some, nil): throw .missingSuffix(base)
    case (nil, .some): throw .invalidSuffix(base)
    }
    if isChainSeparated {
      guard let chain else { throw .missingChainContext(base) }
      guard (1...64).contains(chain.utf8.count) else { throw .invalidChainContext(chain) }
      text += SignatureContext.chainSeparator + chain
    }
    return Array(text.utf8)
  }

  /// The 32 bytes that are signed: H(context || message).
  public func prepare(_ message: [UInt8]) throws(SignatureContextError) -> Hash {
    Hash.digest(try fullBytes(), message)
  }

  public var description: String { base }
}

extension SignatureContext {
  /// Account key over a consensus transaction.
  public static let consensusTransaction = SignatureContext(known: "oasis-core/consensus: tx", chainSeparated: true)
  /// Node key over an executor commitment header.
  public static let executorCommitment = SignatureContext(
    known: "oasis-core/roothash: executor commitment", chainSeparated: true, suffixSeparator: " for runtime ", suffixLimit: 64)
  /// Node key over a proposal header.
  public static let proposal = SignatureContext(
    known: "oasis-core/roothash: proposal", chainSeparated: true, suffixSeparator: " for runtime ", suffixLimit: 64)
  /// Runtime attestation key over a compute results header.
  public static let computeResultsHeader = SignatureContext(known: "oasis-core/roothash: compute results header")
  /// Entity key over an entity descriptor.
  public static let registerEntity = SignatureContext(known: "oasis-core/registry: register entity")
  /// The five node keys over a node descriptor.
  public static let registerNode = SignatureContext(known: "oasis-core/registry: register node")
  /// Runtime attestation key over an attestation's digest.
  public static let teeAttestation = SignatureContext(known: "oasis-core/node: TEE attestation signature")
  /// Node key over a TEE capability.
  public static let endorseTEECapability = SignatureContext(known: "oasis-core/node: endorse TEE capability")
  /// Node key over a component's labels.
  public static let attestComponentLabels = SignatureContext(known: "oasis-core/node: attest component labels")
  /// Consensus key over votes and proposals; P2P key over the secret connection's challenge.
  public static let tendermint = SignatureContext(known: "oasis-core/tendermint")
  /// P2P key over everything libp2p signs.
  public static let libP2P = SignatureContext(known: "oasis-core/worker: libp2p")
  /// Policy keys over a key manager policy.
  public static let keyManagerPolicy = SignatureContext(known: "oasis-core/keymanager: policy")
  /// Runtime attestation key over a key manager's init response.
  public static let keyManagerInitResponse = SignatureContext(known: "oasis-core/keymanager: init response")
  /// Runtime attestation key over an encrypted master secret.
  public static let encryptedMasterSecret = SignatureContext(known: "oasis-core/keymanager: encrypted master secret")
  /// Runtime attestation key over an encrypted ephemeral secret.
  public static let encryptedEphemeralSecret = SignatureContext(known: "oasis-core/keymanager: encrypted ephemeral secret")
  /// Key manager's signing key over a public key.
  public static let keyManagerPublicKey = SignatureContext(known: "oasis-core/keymanager: pk signature")
  /// Policy keys over a CHURP policy.
  public static let churpPolicy = SignatureContext(known: "oasis-core/keymanager/churp: policy")
  /// Runtime attestation key over a CHURP application.
  public static let churpApplication = SignatureContext(known: "oasis-core/keymanager/churp: application request")
  /// Runtime attestation key over a CHURP confirmation.
  public static let churpConfirmation = SignatureContext(known: "oasis-core/keymanager/churp: confirmation request")
  /// Runtime attestation key over the Noise static key of enclave RPC.
  public static let enclaveRPC = SignatureContext(known: "EkRakRpc")
}

extension String {
  fileprivate func utf8Contains(_ part: String) -> Bool {
    let text = Array(utf8)
    let part = Array(part.utf8)
    guard text.count >= part.count else { return false }
    return (0...(text.count - part.count)).contains { text[$0..<($0 + part.count)].elementsEqual(part) }
  }
}
