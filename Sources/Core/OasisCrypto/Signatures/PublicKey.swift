public import Bytes

/// An Ed25519 public key: 32 bytes, written as base64. (Sheet 01 §3.1.)
public struct PublicKey: FixedByteWrapper {
  public var storage = FixedBytes<32>()

  /// All zeros.
  public init() {}

  /// SHA-512/256 of the key's bytes: what names the key in state keys.
  public var hash: Hash { withUnsafeBytes { Hash.digest($0) } }

  /// Base64, as the reference prints keys.
  public var description: String { base64 }
}

/// An Ed25519 signature, R || S: 64 bytes, written as base64.
public struct Signature: FixedByteWrapper {
  public var storage = FixedBytes<64>()

  /// All zeros.
  public init() {}

  /// Base64, as the reference prints signatures.
  public var description: String { base64 }
}

/// A signature together with the key that is said to have made it: `{public_key, signature}`. (Sheet 01 §3.5.)
public struct KeyedSignature: Hashable, Sendable {
  public var publicKey: PublicKey
  public var signature: Signature

  public init(publicKey: PublicKey, signature: Signature) {
    self.publicKey = publicKey
    self.signature = signature
  }

  /// Zero key and zero signature.
  public init() { self.init(publicKey: PublicKey(), signature: Signature()) }
}

// MARK: - Verification

extension PublicKey {
  /// Whether the signature on the message is the key's, by the reference's rule (sheet 01 §3.2) and without context or blacklist:
  /// what CometBFT's votes use on their already prepared bytes.
  public func verifyRaw(_ signature: Signature, message: [UInt8]) -> Bool {
    message.withUnsafeBytes { Ed25519.verify(publicKey: self, message: $0, signature: signature) }
  }

  /// Whether the signature on H(context || message) is the key's and the key is not blacklisted.
  ///
  /// False as well if the context still lacks its suffix or chain.
  public func verify(
    _ signature: Signature, message: [UInt8], context: SignatureContext, blacklist: PublicKeyBlacklist = .production
  ) -> Bool {
    guard !blacklist.contains(self), let prepared = try? context.prepare(message) else { return false }
    return prepared.withUnsafeBytes { Ed25519.verify(publicKey: self, message: $0, signature: signature) }
  }
}

extension KeyedSignature {
  /// Whether the signature on H(context || message) is the named key's; see `PublicKey.verify`.
  public func verify(message: [UInt8], context: SignatureContext, blacklist: PublicKeyBlacklist = .production) -> Bool {
    publicKey.verify(signature, message: message, context: context, blacklist: blacklist)
  }
}
