/// Why a deterministic generator could not be made.
public enum DRBGError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Less entropy than half a digest.
  case insufficientEntropy

  public var description: String { "drbg: insufficient entropyInput" }
}

/// HMAC_DRBG (NIST SP 800-90A r1 §10.1.2) without reseeding: the source of elections' randomness. (Sheet 01 §2.)
public struct HMACDRBG<H: HashFunction>: Sendable {
  private var key: [UInt8]
  private var value: [UInt8]

  /// Seeds the generator; the entropy must be at least half a digest long.
  public init(entropy: [UInt8], nonce: [UInt8], personalization: [UInt8]) throws(DRBGError) {
    guard entropy.count >= H.digestByteCount / 2 else { throw .insufficientEntropy }
    key = [UInt8](repeating: 0, count: H.digestByteCount)
    value = [UInt8](repeating: 1, count: H.digestByteCount)
    update(entropy + nonce + personalization)
  }

  /// The next bytes; requests beyond 65,536 are split there, and empty ones change nothing.
  public mutating func read(_ count: Int) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(count)
    while result.count < count {
      let request = min(65_536, count - result.count)
      var block: [UInt8] = []
      while block.count < request {
        value = HMAC<H>.authenticate(value, key: key)
        block += value
      }
      result += block.prefix(request)
      update([])
    }
    return result
  }

  private mutating func update(_ data: [UInt8]) {
    key = HMAC<H>.authenticate(value + [0] + data, key: key)
    value = HMAC<H>.authenticate(value, key: key)
    guard !data.isEmpty else { return }
    key = HMAC<H>.authenticate(value + [1] + data, key: key)
    value = HMAC<H>.authenticate(value, key: key)
  }
}

/// Go's classic `math/rand` algorithms over a deterministic generator: their exact draws decide elections. (Sheet 01 §2.)
public struct ElectionRandom: Sendable {
  private var generator: HMACDRBG<SHA512>
  private var buffer: [UInt8]
  private var position = 0

  /// Draws start with a first read of 1,024 bytes.
  public init(entropy: [UInt8], nonce: [UInt8], personalization: [UInt8]) throws(DRBGError) {
    generator = try HMACDRBG(entropy: entropy, nonce: nonce, personalization: personalization)
    buffer = generator.read(1024)
  }

  /// The next 64 bits.
  public mutating func uint64() -> UInt64 {
    if position == buffer.count {
      buffer = generator.read(1024)
      position = 0
    }
    let value = buffer[position..<(position + 8)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    position += 8
    return value
  }

  /// The low 63 bits of a draw.
  public mutating func int63() -> Int64 { Int64(truncatingIfNeeded: uint64() & 0x7fff_ffff_ffff_ffff) }
  /// 31 bits.
  public mutating func int31() -> Int32 { Int32(truncatingIfNeeded: int63() >> 32) }
  /// 32 bits.
  public mutating func uint32() -> UInt32 { UInt32(truncatingIfNeeded: int63() >> 31) }

  /// A number below `bound`, which must be positive.
  public mutating func int31(below bound: Int32) -> Int32 {
    precondition(bound > 0)
    if bound & (bound - 1) == 0 { return int31() & (bound - 1) }
    let limit = Int32(UInt32(1) << 31 - 1 - (UInt32(1) << 31) % UInt32(bound))
    var value = int31()
    while value > limit { value = int31() }
    return value % bound
  }

  /// A number below `bound`, which must be positive.
  public mutating func int63(below bound: Int64) -> Int64 {
    precondition(bound > 0)
    if bound & (bound - 1) == 0 { return int63() & (bound - 1) }
    let limit = Int64(UInt64(1) << 63 - 1 - (UInt64(1) << 63) % UInt64(bound))
    var value = int63()
    while value > limit { value = int63() }
    return value % bound
  }

  /// A number below `bound`, which must be positive.
  public mutating func int(below bound: Int) -> Int {
    bound <= Int(Int32.max) ? Int(int31(below: Int32(bound))) : Int(int63(below: Int64(bound)))
  }

  /// A random order of 0 ..< count.
  public mutating func permutation(_ count: Int) -> [Int] {
    var result = [Int](repeating: 0, count: count)
    for index in 0..<count {
      let other = int(below: index + 1)
      result[index] = result[other]
      result[other] = index
    }
    return result
  }

  /// Shuffles in place (fewer than 2^31 elements); other draws than `permutation` makes.
  public mutating func shuffle<T>(_ values: inout [T]) {
    for index in stride(from: values.count - 1, to: 0, by: -1) {
      values.swapAt(index, Int(shuffleDraw(below: UInt32(truncatingIfNeeded: index + 1))))
    }
  }

  private mutating func shuffleDraw(below bound: UInt32) -> UInt32 {
    var product = UInt64(uint32()) * UInt64(bound)
    if UInt32(truncatingIfNeeded: product) < bound {
      let threshold = (0 &- bound) % bound
      while UInt32(truncatingIfNeeded: product) < threshold { product = UInt64(uint32()) * UInt64(bound) }
    }
    return UInt32(truncatingIfNeeded: product >> 32)
  }
}
