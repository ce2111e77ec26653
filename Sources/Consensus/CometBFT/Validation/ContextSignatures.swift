internal import Bytes
public import OasisCrypto

/// Ed25519 over SHA-512/256 of a context and the message, verified by the cofactored rule without small-order points.
public struct ContextSignatureScheme: SignatureScheme {
  private let context: [UInt8]
  /// Validators' keys come again with every vote.
  private let cache = VerificationCache()

  /// - Parameter context: text in front of every message, such as `oasis-core/tendermint`.
  public init(context: String) { self.context = Array(context.utf8) }

  public func verify(_ item: SignedItem) -> Bool {
    guard let key = PublicKey(item.publicKey), let signature = Signature(item.signature) else { return false }
    return cache.verifyRaw(signature, publicKey: key, message: Hash.digest(context, item.message).bytes)
  }
}

/// A validator key that signs in a ``ContextSignatureScheme``.
public struct ContextSigner: ValidatorSigner {
  private let signer: any Signer
  private let context: [UInt8]

  public init(_ signer: any Signer, context: String) { (self.signer, self.context) = (signer, Array(context.utf8)) }

  public var publicKey: [UInt8] { signer.publicKey.bytes }
  public func sign(_ message: [UInt8]) throws -> [UInt8] { try signer.signRaw(Hash.digest(context, message).bytes).bytes }
}
