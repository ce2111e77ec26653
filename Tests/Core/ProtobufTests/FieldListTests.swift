import Protobuf
import Testing

private struct Inner: ProtobufMessage, Equatable {
  var number: Int64 = 0
  static let fields: [ProtobufField<Self>] = [.init(1, "number", \.number)]
}

private struct Outer: ProtobufMessage, Equatable {
  var always = Inner()
  var maybe: Inner?
  var list: [Inner] = []
  var texts: [String] = []
  var packed: [UInt64] = []
  var flag = false
  var small: UInt32 = 0
  static let fields: [ProtobufField<Self>] = [
    .init(1, "always", \.always), .init(2, "maybe", \.maybe), .init(3, "list", \.list), .init(4, "texts", \.texts),
    .packed(5, "packed", \.packed), .init(6, "flag", \.flag), .init(7, "small", \.small),
  ]
}

@Suite("Field lists") struct FieldListTests {
  @Test func emptyMessagesAreWrittenWhereTheyAreNotOptional() throws {
    #expect(Outer().protobuf() == [0x0a, 0])
    var message = Outer()
    message.maybe = Inner()
    message.list = [Inner(), Inner()]
    #expect(message.protobuf() == [0x0a, 0, 0x12, 0, 0x1a, 0, 0x1a, 0])
    #expect(try Outer(protobuf: message.protobuf()) == message)
  }

  @Test func negativeNumbersTakeTenBytes() throws {
    var message = Inner()
    message.number = -1
    #expect(message.protobuf() == [8] + [UInt8](repeating: 0xff, count: 9) + [1])
    #expect(try Inner(protobuf: message.protobuf()).number == -1)
  }

  @Test func longMessagesGetLongLengths() throws {
    var message = Outer()
    message.texts = [String(repeating: "x", count: 300)]
    message.packed = [1, 300, .max]
    #expect(try Outer(protobuf: message.protobuf()) == message)
    #expect(message.delimitedProtobuf().prefix(2) == [0xc0, 0x02])
  }

  @Test func everyTruncationIsAnErrorOrAShorterMessage() throws {
    var message = Outer()
    (message.maybe, message.flag, message.small) = (Inner(), true, .max)
    message.texts = ["a", ""]
    let bytes = message.protobuf()
    for count in 0..<bytes.count { _ = try? Outer(protobuf: Array(bytes.prefix(count))) }
    for index in bytes.indices {
      for bit in 0..<8 {
        var changed = bytes
        changed[index] ^= 1 << bit
        _ = try? Outer(protobuf: changed)
      }
    }
  }

  @Test func errorsNameTheField() {
    #expect(throws: ProtobufError(.truncated, offset: 4, path: ["maybe"])) { try Outer(protobuf: [0x0a, 0, 0x12, 5]) }
  }
}
