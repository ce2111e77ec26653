import Bytes
import ConsensusApp
import OasisCrypto
import OasisTypes
import Testing

/// The values of sheet 03 §13.1.
@Suite struct StateKeyTests {
  @Test func numbersAndHashes() {
    let format = StateKeyFormat<Namespace, Hash, UInt8, UInt16, UInt32, UInt64>(0x4e)
    let key = format.key(Namespace(), .empty, 1, 1000, 1_000_000, 10_000_000)
    let expected =
      "4e" + String(repeating: "00", count: 32) + "c672b8d1ef56ed28ab87c3622c5114069bdd3ad7b8f9737498d0c01ecef0967a"
      + "0103e8000f42400000000000989680"
    #expect(key.hex == expected)
    let elements = try? format.elements(of: key)
    #expect(elements?.5 == 10_000_000)
  }

  @Test func hashedElements() throws {
    let key = try #require(PublicKey(hex: "47aadd91516ac548decdb436fde957992610facc09ba2f850da0fe1b2be96119"))
    let format = StateKeyFormat<UInt64, Hashed<Namespace>, Hashed<PublicKey>>(0x42)
    #expect(
      format.key(42, Hashed(Namespace()), Hashed(key)).hex
        == "42000000000000002aaf13c048991224a5e4c664446b688aaf48fb5456db3629601b00ec160c74e55477df373036881e67c7b0079f8c062d6634e4bab9581a532210228bc4118baf45"
    )
  }

  @Test func negativeNumbersSortBehind() {
    let format = StateKeyFormat<Int64>(0x22)
    #expect(format.key(-1).hex == "22ffffffffffffffff")
    #expect(format.key(1).hex == "220000000000000001")
  }

  @Test func aShortKeyIsAnError() {
    #expect(throws: StateError.self) { try StateKeyFormat<Address, UInt64>(0x50).elements(of: [0x50, 1, 2]) }
    #expect(throws: StateError.self) { try StateKeyFormat<UInt64>(0x50).elements(of: [0x50, 1, 2]) }
  }

  @Test func entriesByLeadingElements() throws {
    let tree = StateTree(over: MemoryState())
    let map = StateMap<Quantity, UInt8, UInt64>(0x99)
    for first in 0..<3 as Range<UInt8> { for second in 0..<4 as Range<UInt64> { map.set(tree, first, second, to: Quantity(second)) } }
    let found = try map.entries(tree, under: 1 as UInt8)
    #expect(found.map(\.key.1) == [0, 1, 2, 3])
    #expect(found.map(\.value) == [0, 1, 2, 3])
    #expect(try map.entries(tree).count == 12)
  }
}
