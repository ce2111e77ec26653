public import CBOR
public import JSONText
public import Wire

/// Roles of a node as a bit mask; in JSON the names joined by commas (sheet 01 §11.1).
public struct Roles: OptionSet, Hashable, Comparable, Sendable, CustomStringConvertible {
  public var rawValue: UInt32
  public init() { rawValue = 0 }
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let compute = Roles(rawValue: 1)
  public static let observer = Roles(rawValue: 2)
  public static let keyManager = Roles(rawValue: 4)
  public static let validator = Roles(rawValue: 8)
  /// Was `consensus-rpc`; reserved since.
  public static let reservedConsensusRPC = Roles(rawValue: 16)
  public static let storageRPC = Roles(rawValue: 32)

  /// Bits that no descriptor may carry.
  public static let reserved = Roles(rawValue: 0xffff_ffd0)

  /// Every role in the order of names, of admission checks and of JSON text.
  public static let all: [(role: Roles, name: String)] = [
    (.compute, "compute"), (.observer, "observer"), (.keyManager, "key-manager"), (.validator, "validator"), (.storageRPC, "storage-rpc"),
  ]

  /// True if exactly one known role is set.
  public var isSingleRole: Bool { Self.all.contains { $0.role == self } }

  /// Names joined by commas; empty without roles. Reserved bits make it unreadable.
  public var text: String {
    isDisjoint(with: .reserved) ? Self.all.filter { contains($0.role) }.map(\.name).joined(separator: ",") : "[invalid roles]"
  }

  /// Parses names joined by commas, in any order; refuses the empty text, spaces, unknown and repeated names.
  public init?(text: String) {
    var roles = Roles()
    for name in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let known = Self.all.first(where: { $0.name == name }), !roles.contains(known.role) else { return nil }
      roles.insert(known.role)
    }
    self = roles
  }

  public static func < (left: Roles, right: Roles) -> Bool { left.rawValue < right.rawValue }
}

extension Roles: WireKey {
  public var description: String { text }
  public func encode(to writer: inout CBORWriter) { rawValue.encode(to: &writer) }
  public init(from reader: inout CBORReader) throws(CBORError) { self.init(rawValue: try reader.readInteger()) }
  public func encode(to writer: inout JSONWriter) { writer.write(string: text) }
  public init(json: JSONValue) throws(JSONError) {
    guard case .string(let text) = json else { throw .mismatch("roles", json) }
    try self.init(jsonKey: text)
  }
  public var jsonKey: String { text }
  public init(jsonKey: String) throws(JSONError) {
    guard let roles = Roles(text: jsonKey) else { throw JSONError("invalid roles '\(jsonKey)'") }
    self = roles
  }
  /// Some role: the text of none is not read back, as in the reference.
  public static func random(using random: inout WireRandom) -> Roles { Roles(rawValue: 1 + UInt32(random.next() % 15)) }
}
