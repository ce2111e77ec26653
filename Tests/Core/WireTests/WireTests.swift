import Testing

@testable import Wire

@Suite("Wire") struct WireTests {
  @Test func builds() {}
}
