/// The odd multiples P, 3P, … of a point, for width-5 digits.
struct OddMultiples: Sendable {
  private var multiples: InlineArray<8, ProjectiveAddend>

  init(_ point: EdwardsPoint) {
    let first = ProjectiveAddend(point)
    multiples = InlineArray(repeating: first)
    var twice = point
    twice.double()
    let step = ProjectiveAddend(twice)
    var current = point
    for index in 1..<8 {
      current.add(step)
      multiples[index] = ProjectiveAddend(current)
    }
  }

  /// Adds the multiple that an odd digit below 16 in size stands for.
  @inline(__always)
  func add(_ digit: Int8, to point: inout EdwardsPoint) {
    if digit > 0 {
      point.add(multiples[Int(digit) &>> 1])
    } else {
      point.subtract(multiples[Int(-digit) &>> 1])
    }
  }
}

/// The odd multiples below 128 of 2^(32j)·B for j < 8, made once: 512 points in 61 KB.
struct BaseTable: @unchecked Sendable {
  // Written by `make` before the value is shared and never afterwards.
  private let entries: UnsafePointer<AffineAddend>

  static let shared = BaseTable()

  private init() {
    var points: [EdwardsPoint] = []
    points.reserveCapacity(512)
    var start = EdwardsPoint.base
    for _ in 0..<8 {
      var twice = start
      twice.double()
      let step = ProjectiveAddend(twice)
      var current = start
      for _ in 0..<64 {
        points.append(current)
        current.add(step)
      }
      for _ in 0..<32 { start.double() }
    }
    let memory = UnsafeMutablePointer<AffineAddend>.allocate(capacity: 512)
    AffineAddend.write(points, to: memory)
    entries = UnsafePointer(memory)
  }

  /// Adds the multiple of 2^(32·split)·B that an odd digit below 128 in size stands for.
  @inline(__always)
  func add(_ digit: Int8, split: Int, to point: inout EdwardsPoint) {
    if digit > 0 {
      point.add(entries[64 &* split &+ Int(digit) &>> 1])
    } else {
      point.subtract(entries[64 &* split &+ Int(-Int(digit)) &>> 1])
    }
  }
}

extension AffineAddend {
  /// Normalises points with one shared inversion.
  static func write(_ points: [EdwardsPoint], to memory: UnsafeMutablePointer<AffineAddend>) {
    var products: [FieldElement] = []
    products.reserveCapacity(points.count)
    var product = FieldElement.one
    for point in points {
      products.append(product)
      product = product * point.z
    }
    var inverse = product.inverted
    for index in points.indices.reversed() {
      let point = points[index]
      let zInverse = inverse * products[index]
      inverse = inverse * point.z
      let x = point.x * zInverse
      let y = point.y * zInverse
      (memory + index).initialize(to: AffineAddend(plus: (y + x).reduced, minus: (y - x).reduced, t2d: x * y * .d2))
    }
  }
}

extension EdwardsPoint {
  /// first·P + second·Q in variable time: for public values only.
  static func publicSum(_ first: Scalar, of p: EdwardsPoint, _ second: Scalar, of q: EdwardsPoint) -> EdwardsPoint {
    let pMultiples = OddMultiples(p)
    let qMultiples = OddMultiples(q)
    return withUnsafeTemporaryAllocation(of: Int8.self, capacity: 514) { digits in
      let pDigits = UnsafeMutableBufferPointer(rebasing: digits[..<257])
      let qDigits = UnsafeMutableBufferPointer(rebasing: digits[257...])
      first.writeNAF(width: 5, to: pDigits)
      second.writeNAF(width: 5, to: qDigits)
      var result = EdwardsPoint.identity
      for position in stride(from: 255, through: 0, by: -1) {
        result.double(needsT: pDigits[position] | qDigits[position] != 0)
        if pDigits[position] != 0 { pMultiples.add(pDigits[position], to: &result) }
        if qDigits[position] != 0 { qMultiples.add(qDigits[position], to: &result) }
      }
      return result
    }
  }

  /// base·B + scalar·point in variable time: for public values only.
  static func publicSum(base: Scalar, _ scalar: Scalar, of point: EdwardsPoint) -> EdwardsPoint {
    let table = BaseTable.shared
    let multiples = OddMultiples(point)
    return withUnsafeTemporaryAllocation(of: Int8.self, capacity: 514) { digits in
      let baseDigits = UnsafeMutableBufferPointer(rebasing: digits[..<257])
      let pointDigits = UnsafeMutableBufferPointer(rebasing: digits[257...])
      base.writeNAF(width: 8, to: baseDigits)
      scalar.writeNAF(width: 5, to: pointDigits)
      var result = EdwardsPoint.identity
      for position in stride(from: 255, through: 0, by: -1) {
        result.double(needsT: baseDigits[position] | pointDigits[position] != 0)
        if baseDigits[position] != 0 { table.add(baseDigits[position], split: 0, to: &result) }
        if pointDigits[position] != 0 { multiples.add(pointDigits[position], to: &result) }
      }
      return result
    }
  }

  /// scalar·point in time that depends on neither: for secret scalars.
  static func secretMultiple(_ scalar: Scalar, of point: EdwardsPoint) -> EdwardsPoint {
    var multiples: [ProjectiveAddend] = [.identity, ProjectiveAddend(point)]
    var current = point
    for _ in 2..<16 {
      current.add(multiples[1])
      multiples.append(ProjectiveAddend(current))
    }
    var result = EdwardsPoint.identity
    for byte in scalar.bytes.reversed() {
      for digit in [byte >> 4, byte & 15] {
        for _ in 0..<4 { result.double() }
        var addend = ProjectiveAddend.identity
        for index in 1..<16 { addend.replace(by: multiples[index], if: UInt8(truncatingIfNeeded: index) == digit) }
        result.add(addend)
      }
    }
    return result
  }
}
