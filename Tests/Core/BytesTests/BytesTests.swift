import Bytes
import Testing

@Suite("Bytes") struct BytesTests {
  @Test func fixedBytesKeepTheirBytes() throws {
    let value = try #require(FixedBytes<4>([1, 2, 3, 4]))
    #expect(value.bytes == [1, 2, 3, 4])
    #expect(value.hex == "01020304")
    #expect(FixedBytes<4>([1, 2, 3]) == nil)
    #expect(FixedBytes<4>() < value)
    #expect(Set([value, value]).count == 1)
  }

  @Test func hexTakesBothCasesAndNothingElse() {
    #expect([UInt8](hex: "00fFA5") == [0, 0xff, 0xa5])
    #expect([UInt8](hex: "0") == nil)
    #expect([UInt8](hex: "0g") == nil)
  }

  @Test(arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")])
  func base64OfRFC4648(text: String, encoded: String) {
    #expect([UInt8](text.utf8).base64 == encoded)
    #expect([UInt8](base64: encoded) == [UInt8](text.utf8))
  }

  @Test(arguments: ["Zg=", "Zg", "Zg===", "Z===", "Zm9v=", "Zm9v====", "Zm=v", "Zm9*"])
  func base64RefusesBrokenText(text: String) { #expect([UInt8](base64: text) == nil) }

  @Test func base64SkipsLineBreaks() { #expect([UInt8](base64: "Zm9v\r\nYg==\n") == [UInt8]("foob".utf8)) }

  @Test func integersByBytes() {
    #expect(UInt32(0x0102_0304).bigEndianBytes == [1, 2, 3, 4])
    #expect(UInt64(bigEndianBytes: [0, 0, 0, 0, 0, 0, 1, 0]) == 256)
    #expect(UInt16(littleEndianBytes: [1, 2]) == 0x0201)
    #expect(UInt16(bigEndianBytes: [1]) == nil)
    #expect(UInt8(bigEndianBytes: [200]) == 200)
  }
}
