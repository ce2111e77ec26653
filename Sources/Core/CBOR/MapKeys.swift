/// A key of a struct's map as the reference compares it when it looks for duplicates.
public enum CBORKey: Hashable, Sendable, CustomStringConvertible {
  case text([UInt8])
  case unsigned(UInt64)
  /// The encoded argument of a negative integer.
  case negative(UInt64)

  public var description: String {
    switch self {
    case .text(let bytes): String(decoding: bytes, as: UTF8.self)
    case .unsigned(let value): "\(value)"
    case .negative(let argument): "-1-\(argument)"
    }
  }
}

extension CBORReader {
  /// The key of a struct's map: a valid text, or an integer, which names no field. Keys of other kinds are errors in every mode.
  public mutating func readStructKey() throws(CBORError) -> CBORKey {
    switch kind {
    case .text: return .text([UInt8](try readText().utf8))
    case .unsigned where !mode.isStrict: return .unsigned(try readInteger(UInt64.self))
    case .negative where !mode.isStrict: return .negative(try head().argument)
    default: throw mismatch("text key")
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
