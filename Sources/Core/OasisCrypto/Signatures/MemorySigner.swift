internal import Bytes
internal import COpenSSL

/// A signer whose Ed25519 private key is in memory. Signing is OpenSSL's: deterministic (RFC 8032) and constant-time.
public final class MemorySigner: Signer, @unchecked Sendable {
  public let publicKey: PublicKey
  /// The RFC 8032 seed.
  public let seed: [UInt8]
  // Never changed after the initializer; OpenSSL's keys may be used from several threads at once.
  private let key: OpaquePointer

  /// A key from its 32-byte seed. A seed of another length is a programming error.
  public init(seed: [UInt8]) {
    precondition(seed.count == 32, "an Ed25519 seed has 32 bytes")
    guard let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count) else {
      preconditionFailure("OpenSSL has no Ed25519")
    }
    var bytes = [UInt8](repeating: 0, count: 32)
    var length = bytes.count
    EVP_PKEY_get_raw_public_key(key, &bytes, &length)
    self.seed = seed
    self.key = key
    self.publicKey = PublicKey(bytes) ?? PublicKey()
  }

  /// A new random key.
  public convenience init() {
    self.init(seed: randomBytes(32))
  }

  deinit { EVP_PKEY_free(key) }

  public func signRaw(_ message: [UInt8]) throws(SignerError) -> Signature {
    guard let context = EVP_MD_CTX_new() else { throw .backend("out of memory") }
    defer { EVP_MD_CTX_free(context) }
    var bytes = [UInt8](repeating: 0, count: 64)
    var length = bytes.count
    guard EVP_DigestSignInit(context, nil, nil, nil, key) == 1,
      EVP_DigestSign(context, &bytes, &length, message, message.count) == 1,
      let signature = Signature(bytes)
    else { throw .backend("OpenSSL refused to sign") }
    return signature
  }
}

extension MemorySigner: VRFProver {
  public func prove(alpha: [UInt8]) throws(SignerError) -> VRFProof {
    VRF.prove(seed: seed, publicKey: publicKey, alpha: alpha)
  }
}

/// Bytes from the system's random generator.
public func randomBytes(_ count: Int) -> [UInt8] {
  var generator = SystemRandomNumberGenerator()
  return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
}
