/// A map key as the reference compares it when it looks for duplicates.
public enum CBORKey: Hashable, Sendable, CustomStringConvertible {
  case text([UInt8])
  case unsigned(UInt64)
  /// The encoded argument of a negative integer.
  case negative(UInt64)
  case float(UInt64)
  case bool(Bool)
  case null

  public var description: String {
    switch self {
    case .text(let bytes): String(decoding: bytes, as: UTF8.self)
    case .unsigned(let value): "\(value)"
    case .negative(let argument): "-1-\(argument)"
    case .float(let bits): "\(Double(bitPattern: bits))"
    case .bool(let value): "\(value)"
    case .null: "null"
    }
  }
}

extension CBORReader {
  /// The key of a struct's map: any scalar but bytes; text must be valid UTF-8 (00-corrections on sheet 01 §1.5 item 7).
  public mutating func readStructKey() throws(CBORError) -> CBORKey {
    let start = offset
    switch kind {
    case .text:
      let text = try readText()
      return .text([UInt8](text.utf8))
    case .unsigned, .simple:
      if mode.isStrict { throw mismatch("text key") }
      return .unsigned(try readInteger(UInt64.self))
    case .negative:
      if mode.isStrict { throw mismatch("text key") }
      let head = try head()
      return .negative(head.argument)
    case .float:
      let value = try readDouble()
      return .float(value == 0 ? 0 : value.bitPattern)
    case .bool:
      if mode.isStrict { throw mismatch("text key") }
      return .bool(try readBool())
    case .null:
      if mode.isStrict { throw mismatch("text key") }
      _ = readNull()
      return .null
    case .byteString, .array, .map, .tag, .end: throw CBORError(.typeMismatch(expected: "text key", found: kind.rawValue), offset: start)
    }
  }

  /// Moves past a map of which no key has a meaning, by the rules for a struct without fields.
  public mutating func readEmptyStruct() throws(CBORError) {
    if !mode.isStrict, readNull() { return }
    var container = try beginMap()
    var seen: Set<CBORKey> = []
    while try next(&container) {
      let start = offset
      let key = try readStructKey()
      if !mode.allowsDuplicateKeys, !seen.insert(key).inserted { throw CBORError(.duplicateKey(key.description), offset: start) }
      if mode.refusesUnknownFields { throw CBORError(.unknownField(key.description), offset: start) }
      try skip()
    }
  }
}
