import Bytes
import OasisTypes
import Testing
import Wire

@Suite struct QuantityTests {
  /// A generator that is the same at every run.
  struct Generator: RandomNumberGenerator {
    var state: UInt64 = 42
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ state >> 29
    }
  }

  static func random(_ generator: inout Generator) -> Quantity {
    let count = Int(generator.next() % 48)
    return Quantity(bigEndianBytes: (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next() >> 40) })
  }

  @Test func arithmeticAgreesWithItself() throws {
    var generator = Generator()
    for _ in 0..<2000 {
      let (a, b, c) = (Self.random(&generator), Self.random(&generator), Self.random(&generator))
      #expect(a + b == b + a)
      #expect(try (a + b).subtracting(b) == a)
      #expect((a + b) * c == a * c + b * c)
      if !b.isZero {
        let (quotient, remainder) = try a.quotientAndRemainder(dividingBy: b)
        #expect(remainder < b)
        #expect(quotient * b + remainder == a)
        #expect(try (a * b).divided(by: b) == a)
      }
      let root = a.squareRoot
      #expect(root * root <= a)
      #expect((root + 1) * (root + 1) > a)
      #expect(Quantity(text: a.description) == a)
      #expect(try Quantity.decode(cbor: a.cbor()) == a)
      #expect((a < b) == ((try? a.subtracting(b)) == nil))
    }
  }

  @Test func refusals() {
    var amount: Quantity = 5
    #expect(throws: QuantityError.insufficientBalance) { try amount.subtract(6) }
    #expect(amount == 5)
    #expect(throws: QuantityError.invalidQuantity) { try amount.divided(by: 0) }
    #expect(Quantity(exactly: -1) == nil)
    #expect(Quantity(text: "-1") == nil)
    #expect(Quantity(text: "") == nil)
    #expect(Quantity(text: "1_") == nil)
  }

  @Test func movingConserves() throws {
    var (source, destination): (Quantity, Quantity) = (100, 7)
    try destination.move(30, from: &source)
    #expect(source == 70 && destination == 37)
    let moved = destination.moveUpTo(100, from: &source)
    #expect(moved == 70)
    #expect(source.isZero && destination == 107)
    #expect(throws: QuantityError.insufficientBalance) { try destination.move(1, from: &source) }
    #expect(destination == 107)
  }
}
