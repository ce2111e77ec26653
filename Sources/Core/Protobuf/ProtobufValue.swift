/// A message's content without its type, for logs and tests.
public indirect enum ProtobufValue: Hashable, Sendable {
  case null
  case bool(Bool)
  /// Decimal digits.
  case number(String)
  case string(String)
  case bytes([UInt8])
  case list([ProtobufValue])
  /// Field names and values in the order of declaration; of a oneof only the member that is set.
  case message([Member])

  /// A field of a message by its name in the `.proto` file.
  public struct Member: Hashable, Sendable {
    public var name: String
    public var value: ProtobufValue
    public init(_ name: String, _ value: ProtobufValue) { (self.name, self.value) = (name, value) }
  }
}
