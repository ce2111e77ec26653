import JSONText
import Testing

@Suite("JSONText") struct JSONTextTests {
  @Test func parsesEveryKind() throws {
    let value = try JSONValue(parsing: #" {"a": [1, -2.5e+3, true, false, null], "b": "x\n\u0041\ud83d\ude00", "a": 1} "#)
    #expect(value["b"]?.string == "x\nA😀")
    #expect(value["a"]?.integer(Int.self) == 1)  // the last one
    #expect(value.object?.first?.value.array?[1] == .number("-2.5e+3"))
  }

  @Test(arguments: [
    "", "{", "[1,]", "{\"a\":}", "01", "1.", "-", "nul", "\"\u{1}\"", "\"\\x\"", "{} {}", "[1 2]", "{a:1}", "\"", "\"\\u12\"", "+1", ".5",
  ])
  func refusesBrokenText(text: String) { #expect(throws: JSONError.self) { try JSONValue(parsing: text) } }

  @Test func placesOfErrors() {
    let error = #expect(throws: JSONError.self) { try JSONValue(parsing: "{\n  \"a\": 1,\n  \"b\" 2\n}") }
    #expect(error?.line == 3 && error?.column == 7)
  }

  @Test func depthIsLimited() {
    #expect(throws: JSONError.self) { try JSONValue(parsing: String(repeating: "[", count: 100_000)) }
  }

  @Test func brokenUTF8BecomesReplacementCharacters() throws {
    #expect(try JSONValue(parsing: [0x22, 0xff, 0xe2, 0x82, 0x41, 0x22]) == .string("\u{FFFD}\u{FFFD}\u{FFFD}A"))
    #expect(try JSONValue(parsing: "\"\\ud800x\\ud800\\u0041\"") == .string("\u{FFFD}x\u{FFFD}A"))
  }

  @Test func printsAsGoDoes() throws {
    let value = JSONValue.members([
      "a": .string("<&>\u{2028}\"\\\n\t\r\u{8}\u{c}\u{1}é\u{7f}"), "e": .object([]), "f": .array([]), "l": .array([.integer(1), .null]),
    ])
    #expect(
      value.text() == "{\"a\":\"\\u003c\\u0026\\u003e\\u2028\\\"\\\\\\n\\t\\r\\b\\f\\u0001é\u{7f}\",\"e\":{},\"f\":[],\"l\":[1,null]}")
    #expect(value["l"]?.text(indent: "  ") == "[\n  1,\n  null\n]")
    #expect(JSONValue.members(["e": .object([]), "x": .bool(true)]).text(indent: " ") == "{\n \"e\": {},\n \"x\": true\n}")
  }

  @Test func keysFold() { #expect("chain_ID\u{212A}\u{17F}".foldedKey == "CHAIN_IDKS") }
}
