/// Sealed messages between two X25519 keys, with Deoxys-II-256-128 (sheet 01 §5): calls of confidential runtimes, key manager secrets.
///
/// Nonces may repeat without harm to earlier messages; whoever has either private key can open and make them.
public struct MRAEBox: Sendable {
  /// The key that both sides derive; 32 bytes.
  public let symmetricKey: [UInt8]
  private let cipher: DeoxysII

  /// The box between an own private key and a peer's public key; nil unless both have 32 bytes.
  ///
  /// A peer's key of low order is not refused: the shared secret is then zero, and the box open to everyone.
  public init?(privateKey: [UInt8], peer publicKey: [UInt8]) {
    guard let secret = X25519.sharedSecret(privateKey: privateKey, publicKey: publicKey) else { return nil }
    let key = HMAC<SHA512_256>.authenticate(secret, key: Array("MRAE_Box_Deoxys-II-256-128".utf8))
    guard let cipher = DeoxysII(key: key) else { return nil }
    (symmetricKey, self.cipher) = (key, cipher)
  }

  /// Ciphertext and tag; nil unless the nonce has 15 bytes.
  public func seal(_ plaintext: [UInt8], nonce: [UInt8], associatedData: [UInt8] = []) -> [UInt8]? {
    cipher.seal(plaintext, nonce: nonce, associatedData: associatedData)
  }

  /// The plaintext; nil when anything differs from what was sealed.
  public func open(_ ciphertext: [UInt8], nonce: [UInt8], associatedData: [UInt8] = []) -> [UInt8]? {
    cipher.open(ciphertext, nonce: nonce, associatedData: associatedData)
  }
}
