import Bytes
import Testing

@testable import NetRunner

/// Vectors: sheet 11 C.5.
@Suite struct KeyValueTests {
  @Test func transactionsAreAsRecorded() {
    let sender = Array("sender".utf8)
    let value = "hello_value_from_8000000000000000000000000000000000000000000000000000000000000000:0"
    let insert = KeyValueCall.insert(key: "hello_key", value: value).transaction(sender: sender, nonce: 1)
    #expect(
      insert.hex == "a46461726773a2636b65796968656c6c6f5f6b65796576616c75657853" + Array(value.utf8).hex
        + "656e6f6e636501666d6574686f6466696e736572746673656e6465724673656e646572")
    let get = KeyValueCall.get(key: "hello_key").transaction(sender: sender, nonce: 2)
    #expect(
      get.hex == "a46461726773a1636b65796968656c6c6f5f6b6579656e6f6e636502666d6574686f64636765746673656e6465724673656e646572")
  }

  @Test func outputsAreRead() throws {
    func read(_ hex: String) throws -> KeyValueResult { try KeyValueResult(output: try #require([UInt8](hex: hex))) }
    #expect(try read("a16753756363657373f6") == .success(nil))
    #expect(try read("a1675375636365737365" + Array("hello".utf8).hex) == .success("hello"))
    #expect(try read("a1654572726f7270496e76616c6964206e6f6e63653a2030") == .failure("Invalid nonce: 0"))
    #expect(throws: (any Error).self) { try read("a0") }
    #expect(throws: (any Error).self) { try read("a1675375636365737301") }
    #expect(throws: (any Error).self) { try read("ff") }
  }
}
