internal import Bytes

/// What a well-formed signature says of its key and message: [8](s·B - k·a - r) is the identity.
struct SignatureClaim {
  let s: Scalar
  let k: Scalar
  let a: EdwardsPoint
  let r: EdwardsPoint

  /// Nil if the signature cannot be valid: S is not below L, or A or R does not decode or is of small order.
  init?(publicKey: PublicKey, message: UnsafeRawBufferPointer, signature: Signature) {
    let claim: SignatureClaim? = publicKey.withUnsafeBytes { key in
      signature.withUnsafeBytes { signature in
        guard let s = Scalar(canonical: UnsafeRawBufferPointer(rebasing: signature[32...])),
          !Ed25519.isSmallOrderEncoding(key), !Ed25519.isSmallOrderEncoding(signature),
          let a = EdwardsPoint(encoding: key), let r = EdwardsPoint(encoding: signature)
        else { return nil }
        let k = Ed25519.challenge(r: UnsafeRawBufferPointer(rebasing: signature[..<32]), a: key, message: message)
        return SignatureClaim(s: s, k: k, a: a, r: r)
      }
    }
    guard let claim else { return nil }
    self = claim
  }

  private init(s: Scalar, k: Scalar, a: EdwardsPoint, r: EdwardsPoint) { (self.s, self.k, self.a, self.r) = (s, k, a, r) }

  var isValid: Bool { Ed25519.isValid(s: s, k: k, a: a, r: r) }
}

// MARK: - Many at once

extension SignatureClaim {
  /// How many claims share one equation: their multiples fill 160 KB, so more would leave the cache and save little.
  static let batchSize = 64

  /// Whether every claim is valid: one equation on the sum of all, each with a random weight (Straus' method).
  ///
  /// Valid claims always pass, whatever the weights. With an invalid one among them the sum of [8](s·B - k·a - r) over the claims, all in
  /// the group of prime order, is the identity for one in 2^128 choices of its weight. Torsion parts vanish under the factor 8, so the rule is
  /// exactly the one of single claims.
  static func areAllValid(_ claims: ArraySlice<SignatureClaim>) -> Bool {
    let count = claims.count
    let weights = randomWeights(count)
    return withUnsafeTemporaryAllocation(of: ProjectiveAddend.self, capacity: 16 * count) { multiples in
      withUnsafeTemporaryAllocation(of: Int8.self, capacity: (256 + 130) * count + 256) { digits in
        guard let multiples = multiples.baseAddress, let start = digits.baseAddress else { return true }
        let (keyDigits, commitmentDigits, baseDigits) = (start, start + 256 * count, start + 386 * count)
        var base = Scalar.zero
        for (index, claim) in claims.enumerated() {
          let weight = Scalar(weights[index])
          base = base + weight * claim.s
          ProjectiveAddend.writeOddMultiples(of: claim.a, to: multiples + 16 * index)
          ProjectiveAddend.writeOddMultiples(of: claim.r, to: multiples + 16 * index + 8)
          (weight * claim.k).writeNAF(width: 5, to: UnsafeMutableBufferPointer(start: keyDigits + 256 * index, count: 256))
          weight.writeNAF(width: 5, to: UnsafeMutableBufferPointer(start: commitmentDigits + 130 * index, count: 130))
        }
        (-base).writeNAF(width: 8, to: UnsafeMutableBufferPointer(start: baseDigits, count: 256))
        let table = BaseTable.shared
        var sum = EdwardsPoint.identity
        for position in stride(from: 255, through: 0, by: -1) {
          sum.double()
          if baseDigits[position] != 0 { table.add(baseDigits[position], split: 0, to: &sum) }
          for index in 0..<count {
            sum.add(keyDigits[256 &* index &+ position], of: multiples + 16 &* index)
          }
          guard position < 130 else { continue }
          for index in 0..<count {
            sum.add(commitmentDigits[130 &* index &+ position], of: multiples + (16 &* index &+ 8))
          }
        }
        return sum.timesCofactor.isIdentity
      }
    }
  }

  /// Numbers of 128 bits that no maker of signatures can foresee.
  private static func randomWeights(_ count: Int) -> [UInt128] {
    var generator = SystemRandomNumberGenerator()
    var seed = SHA512()
    for _ in 0..<4 { withUnsafeBytes(of: generator.next()) { seed.update($0) } }
    var weights: [UInt128] = []
    weights.reserveCapacity(count + 3)
    for block in 0..<UInt64((count + 3) / 4) {
      var hash = seed
      withUnsafeBytes(of: block.littleEndian) { hash.update($0) }
      hash.finish().withUnsafeBytes { bytes in
        for offset in stride(from: 0, to: 64, by: 16) { weights.append(bytes.loadUnaligned(fromByteOffset: offset, as: UInt128.self)) }
      }
    }
    return weights
  }
}

extension ProjectiveAddend {
  /// Writes P, 3P, … 15P.
  static func writeOddMultiples(of point: borrowing EdwardsPoint, to memory: UnsafeMutablePointer<ProjectiveAddend>) {
    memory.initialize(to: ProjectiveAddend(point))
    var current = copy point
    current.double()
    let step = ProjectiveAddend(current)
    current = copy point
    for index in 1..<8 {
      current.add(step)
      (memory + index).initialize(to: ProjectiveAddend(current))
    }
  }
}

extension EdwardsPoint {
  /// Adds the multiple that an odd digit below 16 in size stands for; nothing for 0.
  @inline(__always)
  fileprivate mutating func add(_ digit: Int8, of multiples: UnsafePointer<ProjectiveAddend>) {
    if digit > 0 {
      add(multiples[Int(digit) &>> 1])
    } else if digit < 0 {
      subtract(multiples[Int(-digit) &>> 1])
    }
  }
}
