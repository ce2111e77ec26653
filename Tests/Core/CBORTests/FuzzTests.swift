import Bytes
import CBOR
import FuzzSupport
import Testing

/// Reads an item of any kind to its end.
private func walk(_ reader: inout CBORReader) throws(CBORError) {
  switch reader.kind {
  case .unsigned: _ = try reader.readInteger(UInt64.self)
  case .negative: _ = try reader.readInteger(Int64.self)
  case .byteString: _ = try reader.readBytes()
  case .text: _ = try reader.readText()
  case .bool: _ = try reader.readBool()
  case .float: _ = try reader.readDouble()
  case .null: _ = reader.readNull()
  case .array:
    var container = try reader.beginArray()
    while try reader.next(&container) { try walk(&reader) }
  case .map:
    var container = try reader.beginMap()
    while try reader.next(&container) {
      try walk(&reader)
      try walk(&reader)
    }
  case .tag, .simple, .end: try reader.skip()
  }
}

@Suite("CBOR: any input") struct CBORFuzzTests {
  @Test func isReadOrRefused() async {
    await #expect(processExitsWith: .success) {
      let good = [
        "a263666f6f830102410361621b0000000100000000", "83f6f4f5", "9f0102ff", "bf616101ff", "c11a514b67b0", "5f41014102ff", "7f6161ff",
        "fb3ff199999999999a", "f97e00", "3bffffffffffffffff", "a201020304", "d8184443010203", "a1614181a1614181a16141f6",
      ].compactMap { [UInt8](hex: $0) }
      let tokens: [[UInt8]] = [
        [0x81], [0x9f], [0xbf], [0xa1], [0xc1], [0xff], [0x5f], [0x7f], [0x9b, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff], [0xbb], [0x5b], [0xf6],
        [0xa1, 0x61, 0x61], [0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [0xf8, 0x20],
        [0xc2, 0x41, 0xff], [0xc2, 0x49, 0xff, 0, 0, 0, 0, 0, 0, 0, 0], [0xc3, 0x48, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        [0xc2],
      ]
      let forms = [("untrusted", DecodingMode.untrusted), ("RPC", .rpc), ("trusted", .trusted), ("guest", .guest)].map { name, mode in
        FuzzForm(name, samples: good) { bytes, _ in
          var reader = try CBORReader(bytes, mode: mode)
          var copy = reader
          _ = try? copy.readItem()
          copy = reader
          _ = try? copy.readFixed(FixedBytes<32>.self)
          copy = reader
          _ = try? copy.readInteger(UInt8.self)
          copy = reader
          _ = try? copy.readInteger(Int64.self)
          try walk(&reader)
        }
      }
      fuzz("CBOR", tokens: tokens, forms: forms)
    }
  }
}
