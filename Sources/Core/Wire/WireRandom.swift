/// A seeded source of test values: the same seed gives the same values everywhere.
public struct WireRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64
  /// How deep the value being made is nested; collections shrink with it.
  public var depth = 0

  public init(seed: UInt64) { state = seed }

  /// SplitMix64.
  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// `count` random bytes.
  public mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<max(count, 0)).map { _ in UInt8(truncatingIfNeeded: next()) }
  }

  /// An integer with edge values more often than chance would have them.
  public mutating func integer<T: FixedWidthInteger>(_ type: T.Type = T.self) -> T {
    switch next() % 8 {
    case 0: 0
    case 1: T.max
    case 2: T.min
    case 3, 4: T(truncatingIfNeeded: next() % 100)
    default: T(truncatingIfNeeded: next() >> (next() % 64))
    }
  }

  /// A short text with characters that escapes are needed for.
  public mutating func text() -> String {
    let letters: [Character] = ["a", "b", "Z", "0", " ", "_", "\"", "\\", "<", "é", "\u{2028}", "😀", "\n"]
    return String((0..<Int(next() % 8)).map { _ in letters[Int(next() % UInt64(letters.count))] })
  }

  /// The length of a collection.
  public mutating func count() -> Int { depth > 4 ? 0 : Int(next() % 4) }

  /// Runs `body` one level deeper.
  public mutating func nested<T>(_ body: (inout WireRandom) -> T) -> T {
    depth += 1
    defer { depth -= 1 }
    return body(&self)
  }
}
