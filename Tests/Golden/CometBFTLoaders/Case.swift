internal import Bytes
internal import CometBFT
internal import GoldenSupport
internal import JSONText
internal import Protobuf

/// The scheme that all recorded signatures use.
let scheme = ContextSignatureScheme(context: "oasis-core/tendermint")
let context = "oasis-core/tendermint"

extension JSONValue {
  /// A member that must be there.
  func member(_ key: String) throws -> JSONValue {
    guard let value = self[key] else { throw GoldenError("no member \(key)") }
    return value
  }

  /// Bytes from hexadecimal digits; null is empty.
  func bytes(_ key: String) throws -> [UInt8] { try member(key).bytes() }

  func bytes() throws -> [UInt8] {
    if isNull { return [] }
    guard let text = string, let bytes = [UInt8](hex: text) else { throw GoldenError("not hexadecimal: \(self)") }
    return bytes
  }

  /// A number, or a text of digits.
  func number<T: FixedWidthInteger>(_ key: String, as type: T.Type = T.self) throws -> T { try member(key).number() }

  func number<T: FixedWidthInteger>(as type: T.Type = T.self) throws -> T {
    let digits: String? = if case .number(let text) = self { text } else { string }
    guard let digits, let value = T(digits) else { throw GoldenError("not a number: \(self)") }
    return value
  }

  func message<M: ProtobufMessage>(_ key: String, as type: M.Type = M.self) throws -> M { try M(protobuf: bytes(key)) }

  func list(_ key: String) -> [JSONValue] { self[key]?.array ?? [] }

  func text(_ key: String) -> String { self[key]?.string ?? "" }

  func flag(_ key: String) -> Bool { self[key]?.bool ?? false }

  /// Whether a member is there and not null.
  func has(_ key: String) -> Bool { self[key].map { !$0.isNull } ?? false }

  /// Whether the reference refused: an error or a crash.
  var isRefused: Bool { has("error") || has("panic") }

  func time(_ key: String) throws -> Timestamp {
    let parts = list(key)
    guard parts.count == 2 else { throw GoldenError("\(key) is no time") }
    return Timestamp(seconds: try parts[0].number(), nanoseconds: try parts[1].number())
  }
}

/// Runs `body` and compares whether it fails with whether the reference did.
func expectVerdict(refused: Bool, _ what: String, _ body: () throws -> Void) throws {
  do { try body() } catch {
    guard refused else { throw GoldenError("\(what): refused: \(error)") }
    return
  }
  if refused { throw GoldenError("\(what): accepted, the reference refuses") }
}

func expectHex(_ ours: [UInt8], _ theirs: JSONValue?, _ what: String) throws {
  try expectEqual(ours.hex, theirs?.string ?? "", what)
}

/// Whether a decoded message has the recorded content.
func matches(_ value: ProtobufValue, _ json: JSONValue) -> Bool {
  switch value {
  case .null: return json.isNull
  case .bool(let flag): return json.bool == flag
  case .number(let digits): return json.string == digits || json == .number(digits)
  case .string(let text): return json.string == text
  case .bytes(let bytes): return json.isNull || json.string == bytes.hex
  case .list(let items):
    guard let other = json.array else { return json.isNull && items.isEmpty }
    return items.count == other.count && zip(items, other).allSatisfy(matches)
  case .message(let members):
    guard let other = json.object else { return false }
    return members.count == other.count && members.allSatisfy { member in json[member.name].map { matches(member.value, $0) } ?? false }
  }
}
