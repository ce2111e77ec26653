internal import Bytes

/// An Ed25519 key of a SLIP-0010 tree: a seed with the chain code that its children follow from.
public struct ExtendedKey: Hashable, Sendable {
  /// The RFC 8032 seed.
  public let seed: [UInt8]
  /// 32 bytes.
  public let chainCode: [UInt8]

  /// The master key of 16 to 64 random bytes.
  public init(masterOf seed: [UInt8]) throws(AccountKeyError) {
    guard (16...64).contains(seed.count) else { throw .invalidSeed }
    self.init(Array("ed25519 seed".utf8), seed)
  }

  private init(_ key: [UInt8], _ message: [UInt8]) {
    let code = HMAC<SHA512>.authenticate(message, key: key)
    (seed, chainCode) = (Array(code[..<32]), Array(code[32...]))
  }

  /// The child of a hardened index; Ed25519 has no others.
  public func child(_ index: UInt32) throws(AccountKeyError) -> ExtendedKey {
    guard index & DerivationPath.hardened != 0 else { throw .notHardened }
    return ExtendedKey(chainCode, [0] + seed + index.bigEndianBytes)
  }

  /// The key at the end of a path.
  public func descendant(_ path: DerivationPath) throws(AccountKeyError) -> ExtendedKey {
    var key = self
    for index in path.components { key = try key.child(index) }
    return key
  }

  /// Signs with the key.
  public var signer: MemorySigner { MemorySigner(seed: seed) }
}
