/// Makes inputs for a decoder: random bytes, and good inputs with a few things wrong. Repeatable from its seed.
public struct Fuzzer: RandomNumberGenerator {
  private var state: UInt64
  private let corpus: [[UInt8]]
  private let tokens: [[UInt8]]
  /// Most bytes of an input, but for runs of one token.
  private let limit: Int

  /// - Parameters:
  ///   - corpus: good inputs.
  ///   - tokens: pieces that mean something to the decoder.
  public init(seed: UInt64, corpus: [[UInt8]], tokens: [[UInt8]] = [], limit: Int = 4096) {
    (state, self.corpus, self.tokens, self.limit) = (seed, corpus, tokens, limit)
  }

  /// SplitMix64.
  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  private mutating func below(_ bound: Int) -> Int { bound <= 1 ? 0 : Int(next() % UInt64(bound)) }

  /// The next input.
  public mutating func input() -> [UInt8] {
    switch below(100) {
    case 0..<10: return noise(below(64))
    case 10: return noise(below(limit))
    case 11 where !tokens.isEmpty:  // nesting, or a long run of anything
      let token = tokens[below(tokens.count)]
      var bytes = below(2) == 0 ? [] : pick()
      let count = below(3000)
      bytes.reserveCapacity(bytes.count + token.count * count)
      for _ in 0..<count { bytes += token }
      return bytes
    case 12..<20 where !tokens.isEmpty: return (0..<below(24)).flatMap { _ in tokens[below(tokens.count)] }
    default:
      var bytes = pick()
      for _ in 0...below(4) { mutate(&bytes) }
      return bytes.count > limit ? Array(bytes.prefix(limit)) : bytes
    }
  }

  private mutating func noise(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }
  private mutating func pick() -> [UInt8] { corpus.isEmpty ? [] : corpus[below(corpus.count)] }

  private static let interesting: [UInt8] = [0, 1, 0x7f, 0x80, 0xff, 0x20, 0x22, 0x2d, 0x3a, 0x5b, 0x7b, 0x9f, 0xbf, 0xf6, 0x1b, 0x5b]
  private static let lengths: [[UInt8]] = [
    [0xff, 0xff, 0xff, 0xff], [0x7f, 0xff, 0xff, 0xff], [0x80, 0, 0, 0], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    [0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [0xff, 0xff, 0xff, 0xff, 0x0f],
    [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    [0, 0, 0, 0x80], [0xff, 0xff],
  ]

  private mutating func mutate(_ bytes: inout [UInt8]) {
    let place = below(bytes.count)
    switch below(10) {
    case 0, 1: if !bytes.isEmpty { bytes[place] ^= 1 << UInt8(below(8)) }
    case 2: if !bytes.isEmpty { bytes[place] = Self.interesting[below(Self.interesting.count)] }
    case 3: if !bytes.isEmpty { bytes[place] = UInt8(truncatingIfNeeded: next()) }
    case 4: bytes.removeLast(below(bytes.count + 1))
    case 5: if !bytes.isEmpty { bytes.removeSubrange(place..<min(bytes.count, place + 1 + below(8))) }
    case 6:  // a stretch again
      guard !bytes.isEmpty else { return }
      bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 1 + below(32))], at: below(bytes.count))
    case 7:
      let length = Self.lengths[below(Self.lengths.count)]
      let end = min(bytes.count, place + (below(2) == 0 ? length.count : 0))
      bytes.replaceSubrange(min(place, end)..<end, with: length)
    case 8:
      if tokens.isEmpty {
        bytes.append(UInt8(truncatingIfNeeded: next()))
      } else {
        bytes.insert(contentsOf: tokens[below(tokens.count)], at: place)
      }
    default:  // the rest of another one
      let other = pick()
      bytes = Array(bytes.prefix(place)) + other.suffix(below(other.count + 1))
    }
  }
}
