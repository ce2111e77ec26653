internal import Bytes

/// Why a signer gave no signature or proof.
public enum SignerError: Error, Equatable, Sendable, CustomStringConvertible {
  case context(SignatureContextError)
  /// The signer's backend failed.
  case backend(String)
  /// The signer's role does not allow this.
  case forbidden(String)

  public var description: String {
    switch self {
    case .context(let error): error.description
    case .backend(let reason): "signature/signer: \(reason)"
    case .forbidden(let reason): "signature/signer: \(reason)"
    }
  }
}

/// A private key that signs, wherever it lives.
public protocol Signer: Sendable {
  /// The key that its signatures verify under.
  var publicKey: PublicKey { get }
  /// Signature on H(context || message). The context must be complete (suffix, chain).
  func sign(context: SignatureContext, message: [UInt8]) throws(SignerError) -> Signature
  /// Signature on the bytes themselves.
  func signRaw(_ message: [UInt8]) throws(SignerError) -> Signature
}

extension Signer {
  public func sign(context: SignatureContext, message: [UInt8]) throws(SignerError) -> Signature {
    let prepared: Hash
    do { prepared = try context.prepare(message) } catch { throw .context(error) }
    return try signRaw(prepared.bytes)
  }

  /// Signature and key together.
  public func keyedSignature(context: SignatureContext, message: [UInt8]) throws(SignerError) -> KeyedSignature {
    KeyedSignature(publicKey: publicKey, signature: try sign(context: context, message: message))
  }
}

/// A signer that also makes VRF proofs (its role is `vrf`).
public protocol VRFProver: Sendable {
  /// The key that its proofs verify under.
  var publicKey: PublicKey { get }
  /// Proof of the VRF's output on alpha.
  func prove(alpha: [UInt8]) throws(SignerError) -> VRFProof
}
