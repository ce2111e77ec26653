import Testing

@testable import CBOR

@Suite("CBOR") struct CBORTests {
  @Test func builds() {}
}
