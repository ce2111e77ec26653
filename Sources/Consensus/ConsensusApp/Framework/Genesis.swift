public import JSONText
internal import OasisTypes
public import Wire

/// The genesis document as read from its file; services decode their own sections.
public struct Genesis: Sendable {
  public var document: JSONValue

  public init(document: JSONValue) { self.document = document }

  public init(json: [UInt8]) throws { document = try JSONParser.parse(json) }

  /// The initial height.
  public var height: Int64 {
    get throws {
      guard let height = document["height"]?.integer(Int64.self), height >= 1 else { throw AppError.uncoded("genesis: no valid height") }
      return height
    }
  }

  /// What separates this network's signatures from others': the hash of the whole document in lower-case hex (sheet 01 §14.7).
  public var chainContext: String { get throws { try GenesisDocument.decode(json: document).chainContext } }

  /// The section under `key` (`staking`, `registry`, …), nil if absent or null.
  public func section<Value: WireValue>(_ key: String, as type: Value.Type = Value.self) throws -> Value? {
    guard let json = document[key], !json.isNull else { return nil }
    do { return try Value.decode(json: json) } catch { throw AppError.uncoded("genesis: section \(key): \(error)") }
  }

  /// A section that must be there.
  public func required<Value: WireValue>(_ key: String, as type: Value.Type = Value.self) throws -> Value {
    guard let value = try section(key, as: type) else { throw AppError.uncoded("genesis: section \(key) is missing") }
    return value
  }
}
