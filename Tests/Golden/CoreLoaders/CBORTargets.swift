internal import Bytes
internal import CBOR
internal import GoldenSupport
internal import JSONText
internal import OasisCrypto
internal import OasisTypes
internal import Wire

// The types that `cbor-decode.jsonl` decodes into, declared as its README describes them.

/// An enum of 8 bits.
struct SmallEnum: WireEnum {
  var rawValue: UInt8 = 0
  init() {}
  static let words: [(UInt8, String)] = [(1, "one"), (2, "two")]
}

struct Plain: WireMap, Hashable {
  var foo: UInt64 = 0
  var bar = ""
  var flag = false
  var data: [UInt8] = []
  var n: Int64 = 0
  init() {}
  static let fields: [Field<Plain>] = [
    .init("foo", \.foo), .init("bar", \.bar, .omitEmpty), .init("flag", \.flag, .omitEmpty), .init("data", \.data, .omitEmpty),
    .init("n", \.n),
  ]
}

struct Fieldless: WireMap {
  init() {}
  static let fields: [Field<Fieldless>] = []
}

struct RawFields: WireMap {
  var r = RawCBOR()
  var o = RawCBOR()
  init() {}
  static let fields: [Field<RawFields>] = [.init("r", \.r), .init("o", \.o, .omitEmpty)]
}

struct Version16: WireMap {
  var v: UInt16 = 0
  init() {}
  static let fields: [Field<Version16>] = [.init("v", \.v)]
}

struct EmbeddedVersion: WireMap {
  var version = Version16()
  var name = ""
  init() {}
  static let fields: [Field<EmbeddedVersion>] = [.embedded(\.version), .init("name", \.name)]
}

/// Doubles are not wire values: no type of the protocol has one.
struct Floating: WireValue {
  var value = 0.0
  init() {}
  var isEmpty: Bool { value == 0 }
  func encode(to writer: inout CBORWriter) { writer.write(double: value) }
  init(from reader: inout CBORReader) throws(CBORError) { value = try reader.readDouble() }
  func encode(to writer: inout JSONWriter) { writer.fail("no floating point in JSON") }
  init(json: JSONValue) throws(JSONError) { throw JSONError("no floating point in JSON") }
}

typealias Decode = @Sendable ([UInt8]?, DecodingMode) throws -> [UInt8]

func target<T: WireValue>(_ type: T.Type) -> Decode {
  { input, mode in try T.decode(cborOrAbsent: input, mode: mode).cbor() }
}

let plainTargets: [String: Decode] = [
  "uint8": target(UInt8.self), "uint16": target(UInt16.self), "uint32": target(UInt32.self), "uint64": target(UInt64.self),
  "int8": target(Int8.self), "int64": target(Int64.self), "float64": target(Floating.self), "bool": target(Bool.self),
  "text": target(String.self), "bytes": target([UInt8]?.self), "bytes3_plain": target(PlainBytes<3>.self),
  "bytes48_plain": target(PlainBytes<48>.self), "list_uint64": target([UInt64]?.self), "list_uint8_enum": target([SmallEnum]?.self),
  "list_bytes": target([[UInt8]?]?.self), "map_text_uint64": target([String: UInt64]?.self),
  "map_uint64_text": target([UInt64: String]?.self), "opt_uint64": target(UInt64?.self), "opt_struct": target(Plain?.self),
  "raw": target(RawCBOR.self), "struct": target(Plain.self), "struct_empty": target(Fieldless.self), "raw_struct": target(RawFields.self),
  "embedded_v": target(EmbeddedVersion.self),
]
