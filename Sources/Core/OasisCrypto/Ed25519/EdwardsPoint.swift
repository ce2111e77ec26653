/// A point of edwards25519 in extended coordinates: x = X/Z, y = Y/Z, xy = T/Z. All coordinates are tight.
struct EdwardsPoint: Sendable {
  var x: FieldElement
  var y: FieldElement
  var z: FieldElement
  var t: FieldElement

  static var identity: EdwardsPoint { EdwardsPoint(x: .zero, y: .one, z: .one, t: .zero) }

  /// The generator: y = 4/5, x even.
  static var base: EdwardsPoint {
    let x = FieldElement(0x62d60_8f25_d51a, 0x412a4_b4f6_592a, 0x75b71_71a4_b31d, 0x1ff60_5271_18fe, 0x21693_6d3c_d6e5)
    let y = FieldElement(0x66666_6666_6658, 0x4cccc_cccc_cccc, 0x19999_9999_9999, 0x33333_3333_3333, 0x66666_6666_6666)
    return EdwardsPoint(x: x, y: y, z: .one, t: x * y)
  }
}

/// A point prepared as the second operand of additions: (y + x, y - x, 2dxy) with z = 1.
struct AffineAddend: Sendable {
  var plus: FieldElement
  var minus: FieldElement
  var t2d: FieldElement

  static var identity: AffineAddend { AffineAddend(plus: .one, minus: .one, t2d: .zero) }
}

/// A point prepared as the second operand of additions: (Y + X, Y - X, Z, 2dT).
struct ProjectiveAddend: Sendable {
  var plus: FieldElement
  var minus: FieldElement
  var z: FieldElement
  var t2d: FieldElement

  static var identity: ProjectiveAddend { ProjectiveAddend(plus: .one, minus: .one, z: .one, t2d: .zero) }

  @inline(__always)
  init(plus: FieldElement, minus: FieldElement, z: FieldElement, t2d: FieldElement) {
    (self.plus, self.minus, self.z, self.t2d) = (plus, minus, z, t2d)
  }

  init(_ point: borrowing EdwardsPoint) {
    self.init(plus: (point.y + point.x).reduced, minus: (point.y - point.x).reduced, z: point.z, t2d: point.t * .d2)
  }

  /// Replaces the value where the condition holds, without a branch.
  @inline(__always)
  mutating func replace(by other: ProjectiveAddend, if condition: Bool) {
    plus.replace(by: other.plus, if: condition)
    minus.replace(by: other.minus, if: condition)
    z.replace(by: other.z, if: condition)
    t2d.replace(by: other.t2d, if: condition)
  }
}

// MARK: - Group operations
// One function per curve step, in place: inlined steps outgrow the instruction cache.

extension EdwardsPoint {
  /// Doubles the point. Without `needsT` the result's T is stale: good only as input of another doubling.
  @inline(never)
  mutating func double(needsT: Bool = true) {
    let xx = x.squared
    let yy = y.squared
    let zz = z.squared
    let sum = (x + y).squared
    let h = yy + xx
    let g = (yy - xx).reduced
    let e = sum - h
    let f = (zz + zz) - g
    x = e * f
    y = h * g
    z = g * f
    if needsT { t = e * h }
  }

  @inline(never)
  mutating func add(_ other: borrowing ProjectiveAddend) {
    let a = (y + x) * other.plus
    let b = (y - x) * other.minus
    let c = t * other.t2d
    let zz = z * other.z
    finish(a - b, a + b, (zz + zz) + c, (zz + zz) - c)
  }

  @inline(never)
  mutating func subtract(_ other: borrowing ProjectiveAddend) {
    let a = (y + x) * other.minus
    let b = (y - x) * other.plus
    let c = t * other.t2d
    let zz = z * other.z
    finish(a - b, a + b, (zz + zz) - c, (zz + zz) + c)
  }

  @inline(never)
  mutating func add(_ other: borrowing AffineAddend) {
    let a = (y + x) * other.plus
    let b = (y - x) * other.minus
    let c = t * other.t2d
    finish(a - b, a + b, (z + z) + c, (z + z) - c)
  }

  @inline(never)
  mutating func subtract(_ other: borrowing AffineAddend) {
    let a = (y + x) * other.minus
    let b = (y - x) * other.plus
    let c = t * other.t2d
    finish(a - b, a + b, (z + z) - c, (z + z) + c)
  }

  @inline(__always)
  private mutating func finish(_ e: FieldElement, _ h: FieldElement, _ g: FieldElement, _ f: FieldElement) {
    x = e * f
    y = h * g
    z = g * f
    t = e * h
  }

  static prefix func - (point: EdwardsPoint) -> EdwardsPoint {
    EdwardsPoint(x: -point.x, y: point.y, z: point.z, t: -point.t)
  }

  /// The point times 8: clears the torsion part.
  var timesCofactor: EdwardsPoint {
    var result = self
    result.double(needsT: false)
    result.double(needsT: false)
    result.double()
    return result
  }

  var isIdentity: Bool { x.isZero && y.equals(z) }

  /// Whether the point is one of the eight whose multiple by 8 is the identity.
  var isSmallOrder: Bool { timesCofactor.isIdentity }

  /// Whether both are the same point.
  func equals(_ other: EdwardsPoint) -> Bool {
    (x * other.z).equals(other.x * z) && (y * other.z).equals(other.y * z)
  }
}

// MARK: - Encodings

extension EdwardsPoint {
  /// Decodes 32 bytes as the reference does: y of p and more is reduced, and x = 0 with sign 1 is taken; nil when no point has that y.
  init?(encoding bytes: UnsafeRawBufferPointer) {
    let y = FieldElement(littleEndian: bytes)
    let yy = y.squared
    guard var x = FieldElement.squareRoot((yy - .one).reduced, over: (yy * .d + .one).reduced) else { return nil }
    let negative = bytes[31] & 0x80 != 0
    if x.isOdd != negative { x = -x }
    self.init(x: x, y: y.reduced, z: .one, t: x * y)
  }

  /// Decodes as above and refuses what is not the encoding that `encoding` writes: y of p and more, and x = 0 with sign 1.
  init?(canonical bytes: UnsafeRawBufferPointer) {
    self.init(encoding: bytes)
    func word(_ index: Int) -> UInt64 { UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)) }
    let sign = word(3) >> 63
    guard y.words == (word(0), word(1), word(2), word(3) & 0x7fff_ffff_ffff_ffff), !(x.isZero && sign == 1) else { return nil }
  }

  /// The canonical 32 bytes: y, and the lowest bit of x on top.
  var encoding: [UInt8] {
    Array(unsafeUninitializedCapacity: 32) { buffer, count in
      write(to: UnsafeMutableRawBufferPointer(buffer))
      count = 32
    }
  }

  /// The encodings of several points, with one inversion for all of them.
  static func encodings(_ points: [EdwardsPoint]) -> [[UInt8]] {
    var products: [FieldElement] = []
    var product = FieldElement.one
    for point in points {
      products.append(product)
      product = product * point.z
    }
    var inverse = product.inverted
    var result = [[UInt8]](repeating: [], count: points.count)
    for index in points.indices.reversed() {
      let point = points[index]
      result[index] = [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
        point.write(to: UnsafeMutableRawBufferPointer(buffer), inverseOfZ: inverse * products[index])
        count = 32
      }
      inverse = inverse * point.z
    }
    return result
  }

  func write(to bytes: UnsafeMutableRawBufferPointer) { write(to: bytes, inverseOfZ: z.inverted) }

  private func write(to bytes: UnsafeMutableRawBufferPointer, inverseOfZ inverse: FieldElement) {
    (y * inverse).write(to: bytes)
    if (x * inverse).isOdd { bytes[31] |= 0x80 }
  }
}
