import Testing

@testable import JSONText

@Suite("JSONText") struct JSONTextTests {
  @Test func builds() {}
}
