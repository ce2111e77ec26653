/// cSHAKE (NIST SP 800-185): SHAKE with a function name and a customization string.
public struct CSHAKE: Sendable {
  /// Security strength, which sets the sponge's rate.
  public enum Strength: Sendable {
    case bits128, bits256

    var rate: Int {
      switch self {
      case .bits128: 168
      case .bits256: 136
      }
    }
  }

  private var sponge: KeccakSponge
  private let domain: UInt8

  /// With both strings empty this is plain SHAKE, as the standard says.
  public init(_ strength: Strength, function: [UInt8] = [], customization: [UInt8] = []) {
    sponge = KeccakSponge(rate: strength.rate)
    guard !function.isEmpty || !customization.isEmpty else {
      domain = 0x1f
      return
    }
    domain = 0x04
    sponge.absorb(leftEncode(strength.rate))
    for text in [function, customization] {
      sponge.absorb(leftEncode(text.count * 8))
      sponge.absorb(text)
    }
    sponge.padBlock()
  }

  /// Adds bytes.
  public mutating func update(_ bytes: [UInt8]) { sponge.absorb(bytes) }

  /// `count` bytes of output for everything added so far.
  public func finish(count: Int) -> [UInt8] { sponge.squeeze(count, domain: domain) }
}

/// TupleHash (NIST SP 800-185): hashes a list of byte strings so that the borders between them count.
public struct TupleHash: Sendable {
  private var hash: CSHAKE
  private let byteCount: Int

  /// `byteCount` is the length of the digest, which enters the digest itself.
  public init(_ strength: CSHAKE.Strength = .bits256, byteCount: Int = 32, customization: [UInt8]) {
    hash = CSHAKE(strength, function: Array("TupleHash".utf8), customization: customization)
    self.byteCount = byteCount
  }

  /// Adds one element of the tuple.
  public mutating func add(_ element: [UInt8]) {
    hash.update(leftEncode(element.count * 8))
    hash.update(element)
  }

  /// Digest of the elements added so far.
  public func finish() -> [UInt8] {
    var hash = hash
    hash.update(rightEncode(byteCount * 8))
    return hash.finish(count: byteCount)
  }
}

private func bigEndian(_ value: Int) -> [UInt8] {
  var bytes: [UInt8] = []
  var rest = value
  repeat {
    bytes.append(UInt8(truncatingIfNeeded: rest))
    rest >>= 8
  } while rest > 0
  return bytes.reversed()
}

private func leftEncode(_ value: Int) -> [UInt8] {
  let bytes = bigEndian(value)
  return [UInt8(bytes.count)] + bytes
}

private func rightEncode(_ value: Int) -> [UInt8] {
  let bytes = bigEndian(value)
  return bytes + [UInt8(bytes.count)]
}
