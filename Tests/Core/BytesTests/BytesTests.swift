import Testing

@testable import Bytes

@Suite("Bytes") struct BytesTests {
  @Test func builds() {}
}
