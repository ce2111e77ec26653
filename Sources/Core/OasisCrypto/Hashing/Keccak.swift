/// The Keccak-p[1600, 24] permutation as a sponge (FIPS 202), for cSHAKE and TupleHash.
struct KeccakSponge: Sendable {
  private var state = [UInt64](repeating: 0, count: 25)
  private let rate: Int
  private var position = 0

  /// A sponge that takes `rate` bytes per permutation (168 for 128-bit, 136 for 256-bit security).
  init(rate: Int) {
    precondition(rate > 0 && rate < 200 && rate % 8 == 0)
    self.rate = rate
  }

  mutating func absorb(_ bytes: some Sequence<UInt8>) {
    for byte in bytes {
      xor(byte, at: position)
      position += 1
      if position == rate {
        permute()
        position = 0
      }
    }
  }

  /// Fills the current block with zeros (the `bytepad` of SP 800-185); does nothing at a block's start.
  mutating func padBlock() {
    guard position != 0 else { return }
    permute()
    position = 0
  }

  /// Ends the input with the domain separation bits and gives `count` bytes of output.
  func squeeze(_ count: Int, domain: UInt8) -> [UInt8] {
    var sponge = self
    sponge.xor(domain, at: sponge.position)
    sponge.xor(0x80, at: rate - 1)
    var output: [UInt8] = []
    output.reserveCapacity(count)
    while output.count < count {
      sponge.permute()
      for index in 0..<min(rate, count - output.count) {
        output.append(UInt8(truncatingIfNeeded: sponge.state[index / 8] >> UInt64(8 * (index % 8))))
      }
    }
    return output
  }

  private mutating func xor(_ byte: UInt8, at index: Int) {
    state[index / 8] ^= UInt64(byte) << UInt64(8 * (index % 8))
  }

  private mutating func permute() {
    var column = [UInt64](repeating: 0, count: 5)
    for constant in roundConstants {
      for x in 0..<5 { column[x] = state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20] }
      for x in 0..<5 {
        let mix = column[(x + 4) % 5] ^ rotate(column[(x + 1) % 5], by: 1)
        for y in stride(from: 0, to: 25, by: 5) { state[x + y] ^= mix }
      }
      // Rho and pi together: each lane moves to the next place of the cycle, rotated by a triangular number.
      var lane = state[1]
      var (x, y) = (1, 0)
      for step in 1...24 {
        (x, y) = (y, (2 * x + 3 * y) % 5)
        let next = state[x + 5 * y]
        state[x + 5 * y] = rotate(lane, by: UInt64(step * (step + 1) / 2 % 64))
        lane = next
      }
      for y in stride(from: 0, to: 25, by: 5) {
        for x in 0..<5 { column[x] = state[x + y] }
        for x in 0..<5 { state[x + y] = column[x] ^ (~column[(x + 1) % 5] & column[(x + 2) % 5]) }
      }
      state[0] ^= constant
    }
  }
}

private func rotate(_ value: UInt64, by bits: UInt64) -> UInt64 {
  bits == 0 ? value : value << bits | value >> (64 - bits)
}

private let roundConstants: [UInt64] = [
  0x0000_0000_0000_0001, 0x0000_0000_0000_8082, 0x8000_0000_0000_808a, 0x8000_0000_8000_8000,
  0x0000_0000_0000_808b, 0x0000_0000_8000_0001, 0x8000_0000_8000_8081, 0x8000_0000_0000_8009,
  0x0000_0000_0000_008a, 0x0000_0000_0000_0088, 0x0000_0000_8000_8009, 0x0000_0000_8000_000a,
  0x0000_0000_8000_808b, 0x8000_0000_0000_008b, 0x8000_0000_0000_8089, 0x8000_0000_0000_8003,
  0x8000_0000_0000_8002, 0x8000_0000_0000_0080, 0x0000_0000_0000_800a, 0x8000_0000_8000_000a,
  0x8000_0000_8000_8081, 0x8000_0000_0000_8080, 0x0000_0000_8000_0001, 0x8000_0000_8000_8008,
]
