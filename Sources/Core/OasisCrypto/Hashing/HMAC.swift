/// HMAC (RFC 2104) over a streaming hash.
public struct HMAC<H: HashFunction>: Sendable {
  private var inner: H
  private let outer: H

  /// Keys the authenticator; keys longer than a block are hashed first.
  public init(key: [UInt8]) {
    var padded = key.count > H.blockByteCount ? H.digest(key) : key
    padded += [UInt8](repeating: 0, count: H.blockByteCount - padded.count)
    var inner = H()
    inner.update(padded.map { $0 ^ 0x36 })
    var outer = H()
    outer.update(padded.map { $0 ^ 0x5c })
    self.inner = inner
    self.outer = outer
  }

  /// Adds bytes of the message.
  public mutating func update(_ bytes: [UInt8]) { inner.update(bytes) }

  /// Authentication code of everything added so far.
  public func finish() -> [UInt8] {
    var outer = outer
    outer.update(inner.finish())
    return outer.finish()
  }

  /// Authentication code of one message.
  public static func authenticate(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
    var code = HMAC(key: key)
    code.update(message)
    return code.finish()
  }
}

/// HKDF (RFC 5869): key material from a shared secret.
public enum HKDF<H: HashFunction> {
  /// `count` bytes of output key material, at most 255 digests.
  public static func derive(secret: [UInt8], salt: [UInt8], info: [UInt8], count: Int) -> [UInt8] {
    precondition(count <= 255 * H.digestByteCount, "HKDF output is limited to 255 digests")
    let key = HMAC<H>.authenticate(secret, key: salt.isEmpty ? [UInt8](repeating: 0, count: H.digestByteCount) : salt)
    var output: [UInt8] = []
    var block: [UInt8] = []
    var index: UInt8 = 1
    while output.count < count {
      block = HMAC<H>.authenticate(block + info + [index], key: key)
      output += block
      index &+= 1
    }
    return Array(output.prefix(count))
  }
}

/// Whether two byte strings are equal, in time that depends on their lengths only.
public func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
  guard left.count == right.count else { return false }
  var difference: UInt8 = 0
  for index in left.indices { difference |= left[index] ^ right[index] }
  return difference == 0
}
