import Bytes
import CBOR
import JSONText
import Testing
import Wire

struct Inner: WireMap, Hashable {
  var v: UInt16 = 0
  init() {}
  static let fields: [Field<Inner>] = [.init("v", \.v)]
}

struct Color: WireEnum {
  var rawValue: UInt8 = 0
  init() {}
  init(_ value: UInt8) { rawValue = value }
  static let words: [(UInt8, String)] = [(1, "red"), (2, "green")]
}

struct Optionals: WireMap, Hashable {
  var a: UInt64 = 0, s = ""
  init() {}
  static let fields: [Field<Optionals>] = [.init("a", \.a, .omitEmpty), .init("s", \.s, .omitEmpty)]
}

struct Everything: WireMap, Hashable {
  var inner = Inner(), number: Int64 = 0, text = "", data: [UInt8] = [], nullable: [UInt64]?, list: [Optionals] = [], pointer: Inner?
  var map: [String: UInt64] = [:], keyed: [FixedBytes<2>: Bool] = [:], raw = RawCBOR(), plain = PlainBytes<3>(), fixed = FixedBytes<4>()
  var colors: [Color] = [], color = Color(1), flag = false, nested = Optionals()
  init() {}
  static let fields: [Field<Everything>] = [
    .embedded(\.inner), .init("number", \.number), .init("text", \.text, .omitEmpty), .init("data", \.data, .omitEmptyInCBOR),
    .init("nullable", \.nullable), .init("list", \.list, .omitEmpty), .init("pointer", \.pointer, .omitEmpty),
    .init("map", \.map, .omitEmpty),
    .init("keyed", \.keyed), .init("raw", \.raw), .init("plain", \.plain), .init("fixed", \.fixed), .init("colors", \.colors, .omitEmpty),
    .init("color", \.color), .init("flag", \.flag), .init("nested", \.nested, .omitEmpty),
  ]
}

struct Pair: WireArray, Hashable {
  var first: UInt64 = 0, second: String = ""
  init() {}
  static let fields: [Field<Pair>] = [.init("first", \.first), .init("second", \.second)]
}

@Suite("Wire") struct WireTests {
  @Test func everyKindOfFieldHoldsTheCommonRules() {
    #expect(WireCheck.problems(Everything.self, seed: 7, rounds: 200) == [])
    #expect(WireCheck.problems(Pair.self) == [])
    #expect(WireCheck.problems(Optionals.self) == [])
  }

  @Test func omission() throws {
    var value = Optionals()
    #expect(value.cbor().hex == "a0")
    #expect(value.isEmpty && !value.isEmptyInJSON)
    value.s = "x"
    #expect(value.jsonText() == #"{"s":"x"}"#)
    #expect([UInt64]?.some([]).isEmpty && [UInt64]?.some([]).cbor() == [0x80] && [UInt64]?.none.cbor() == [0xf6])
    #expect(UInt64?.some(0).isEmpty == false)
  }

  @Test func jsonKeepsDeclarationOrderAndMergesRepeatedKeys() throws {
    let value = try Everything.decode(
      json: #"{"V": 3, "nested": {"a": 1}, "nested": {"s": "x"}, "map": {"b": 1}, "map": {"a": 2}, "text": null}"#)
    #expect(value.inner.v == 3 && value.nested.a == 1 && value.nested.s == "x" && value.map == ["a": 2, "b": 1])
    #expect(value.jsonText().hasPrefix(#"{"v":3,"number":0,"data":"","nullable":null,"map":{"a":2,"b":1},"keyed":{}"#))
    #expect(value.jsonText().hasSuffix(#""plain":[0,0,0],"fixed":"AAAAAA==","color":"red","flag":false,"nested":{"a":1,"s":"x"}}"#))
  }

  @Test func enumsAreNumbersInCBORAndWordsInJSON() throws {
    #expect([Color(1), Color(2)].cbor().hex == "420102")
    #expect([Color(1), Color(2)].jsonText() == #"["red","green"]"#)
    #expect(try Color.decode(cbor: [0x18, 0xc8]).rawValue == 200)
    #expect(throws: JSONError.self) { try Color(9).checkedJSONText() }
    #expect(throws: JSONError.self) { try Color.decode(json: #""blue""#) }
  }

  @Test func errorsNameTheField() {
    let error = #expect(throws: CBORError.self) { try Everything.decode(cbor: [UInt8](hex: "a1646c69737481a1617361ff") ?? []) }
    #expect(error?.path == ["list", "[0]", "s"])
  }

  @Test func theGuestIsStrict() throws {
    #expect(throws: CBORError.self) { try Inner.decode(cbor: [0xa1, 0x61, 0x56, 0x01], mode: .guest) }
    #expect(throws: CBORError.self) { try Inner.decode(cbor: [0xa1, 0x61, 0x76, 0x18, 0x01], mode: .guest) }
    #expect(throws: CBORError.self) { try Inner.decode(cbor: [0xa1, 0x61, 0x76, 0x01, 0x00], mode: .guest) }
    #expect(try Inner.decode(cbor: [0xa1, 0x61, 0x76, 0xf6], mode: .guest).v == 0)
  }
}
