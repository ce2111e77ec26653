/// Eight blocks of 16 bytes as eight planes: bit `i` of lane `l` in plane `b` is bit `b` of byte `l` of block `i`.
///
/// AES in this form looks nothing up in memory: its time does not depend on what it works on, and eight blocks cost as much as one.
struct BitPlanes {
  typealias Plane = SIMD16<UInt8>

  /// By bit, the lowest first.
  var planes: InlineArray<8, Plane>

  /// Eight blocks, turned into planes. Turning is its own inverse.
  init(turning blocks: InlineArray<8, Plane>) {
    planes = blocks
    for (step, mask) in [(1, Plane(repeating: 0x55)), (2, Plane(repeating: 0x33)), (4, Plane(repeating: 0x0f))] {
      let shift = Plane(repeating: UInt8(step))
      for low in 0..<8 where low & step == 0 {
        let (a, b) = (planes[low], planes[low | step])
        let swapped = ((a &>> shift) ^ b) & mask
        planes[low] = a ^ (swapped &<< shift)
        planes[low | step] = b ^ swapped
      }
    }
  }

  /// The same block eight times.
  init(repeating block: Plane) {
    planes = InlineArray { bit in
      let isSet = (block &>> Plane(repeating: UInt8(bit))) & Plane(repeating: 1)
      return Plane(repeating: 0) &- isSet
    }
  }

  /// The eight blocks.
  var blocks: InlineArray<8, Plane> { BitPlanes(turning: planes).planes }

  mutating func add(_ other: BitPlanes) { for bit in 0..<8 { planes[bit] ^= other.planes[bit] } }

  /// Moves the bytes of every block: lane `l` becomes what lane `order(l)` was.
  mutating func permute(_ order: (Plane) -> Plane) { for bit in 0..<8 { planes[bit] = order(planes[bit]) } }

  /// One AES round without its key (FIPS 197 §5.1): SubBytes, ShiftRows, MixColumns.
  mutating func applyRound() {
    substitute()
    permute(Self.shiftRows)
    mixColumns()
  }

  private static func shiftRows(_ p: Plane) -> Plane {
    Plane(p[0], p[5], p[10], p[15], p[4], p[9], p[14], p[3], p[8], p[13], p[2], p[7], p[12], p[1], p[6], p[11])
  }

  /// With a column's bytes a0…a3, byte r becomes 2·a(r) + 3·a(r+1) + a(r+2) + a(r+3).
  private mutating func mixColumns() {
    var pairs = planes  // a(r) + a(r+1)
    var rest = planes  // a(r+1) + a(r+2) + a(r+3)
    for bit in 0..<8 {
      let next = Self.rotateColumns(planes[bit])
      pairs[bit] = planes[bit] ^ next
      rest[bit] = next ^ Self.rotateColumns(Self.rotateColumns(pairs[bit]))
    }
    // Doubling moves every bit up; the highest comes back at the bits of the polynomial, 0x1b.
    for bit in 0..<8 {
      var doubled = bit == 0 ? pairs[7] : pairs[bit - 1]
      if bit == 1 || bit == 3 || bit == 4 { doubled ^= pairs[7] }
      planes[bit] = doubled ^ rest[bit]
    }
  }

  /// The byte below, in each column of four.
  private static func rotateColumns(_ plane: Plane) -> Plane {
    let words = unsafeBitCast(plane, to: SIMD4<UInt32>.self)  // little-endian: the byte below is the next higher one
    return unsafeBitCast((words &>> 8) | (words &<< 24), to: Plane.self)
  }
}
