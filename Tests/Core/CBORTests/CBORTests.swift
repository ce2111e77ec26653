import Bytes
import CBOR
import Testing

@Suite("CBOR") struct CBORTests {
  private func written(_ body: (inout CBORWriter) -> Void) -> String {
    var writer = CBORWriter()
    body(&writer)
    return writer.bytes.hex
  }

  @Test(
    arguments: [
      (0, "00"), (23, "17"), (24, "1818"), (255, "18ff"), (256, "190100"), (65536, "1a00010000"), (1 << 32, "1b0000000100000000"),
      (UInt64.max, "1bffffffffffffffff"),
    ] as [(UInt64, String)])
  func shortestHeads(value: UInt64, hex: String) throws {
    #expect(written { $0.write(unsigned: value) } == hex)
    var reader = try CBORReader(try #require([UInt8](hex: hex)))
    #expect(try reader.readInteger(UInt64.self) == value)
  }

  @Test(arguments: [
    (0.0, "f90000"), (1.5, "f93e00"), (65504, "f97bff"), (100000, "fa47c35000"), (1.1, "fb3ff199999999999a"),
    (5.960464477539063e-8, "f90001"),
  ])
  func smallestFloats(value: Double, hex: String) { #expect(written { $0.write(double: value) } == hex) }

  @Test func keysSortByLengthFirst() {
    let keys = ["20", "18c8", "6161", "19012c"].compactMap { [UInt8](hex: $0) }
    #expect(keys.shuffled().sorted(by: canonicallyPrecedes) == keys)
  }

  @Test func truncatedItemsAreRefusedAtEveryByte() throws {
    let item = try #require([UInt8](hex: "a263666f6f830102410361621b0000000100000000"))
    for count in 0..<item.count { #expect(throws: CBORError.self) { try CBORReader([UInt8](item.prefix(count))) } }
  }

  @Test func depthIsLimited() {
    #expect(throws: Never.self) { try CBORReader([UInt8](repeating: 0x81, count: 32) + [0]) }
    #expect(throws: CBORError(.tooDeep(limit: 32), offset: 32)) { try CBORReader([UInt8](repeating: 0x81, count: 33) + [0]) }
  }

  @Test func hugeLengthsAllocateNothing() {
    for hex in ["5bffffffffffffffff", "9bffffffffffffffff", "bb00000000009896", "9a009896800000"] {
      #expect(throws: CBORError.self) { try CBORReader([UInt8](hex: hex) ?? []) }
    }
  }

  @Test func readingPastTheItemIsAnError() throws {
    var reader = try CBORReader([0x01, 0x02])
    _ = try reader.readInteger(UInt8.self)
    #expect(throws: CBORError.self) { try reader.readInteger(UInt8.self) }
  }

  @Test func framesArriveInAnyPieces() throws {
    let stream = try CBORFrame.encode([1, 2, 3]) + CBORFrame.encode([]) + CBORFrame.encode([4])
    var frames = FrameAssembler()
    var messages: [[UInt8]] = []
    for byte in stream {
      frames.append([byte])
      while let message = try frames.next() { messages.append(message) }
    }
    #expect(messages == [[1, 2, 3], [], [4]])
    #expect(!frames.isPartial)
  }
}

/// Integers in tag 2, which local databases may hold.
@Suite struct BignumTests {
  @Test func fitAnyIntegerType() throws {
    var reader = try CBORReader([0xc2, 0x42, 0, 200], mode: .trusted)
    #expect(try reader.readInteger(UInt8.self) == 200)
    reader = try CBORReader([0xc2, 0x41, 200], mode: .trusted)
    #expect(throws: CBORError.self) { try reader.readInteger(Int8.self) }
    reader = try CBORReader([0xc2, 0x49, 1, 0, 0, 0, 0, 0, 0, 0, 0], mode: .trusted)
    #expect(throws: CBORError.self) { try reader.readInteger(UInt64.self) }
  }
}
