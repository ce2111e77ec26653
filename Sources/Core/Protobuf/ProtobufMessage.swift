/// A message that lists its fields once; encoding and decoding follow from the list.
///
/// Rules (proto3 as the gogoproto generator implements it, engine sheet A2): zero scalars and empty strings are left out; a plain
/// message member is always written, even when empty; an optional one when present; elements of lists always. Decoding skips unknown
/// fields, takes the last of repeated scalars, merges repeated messages and replaces members of a oneof.
public protocol ProtobufMessage: Sendable {
  init()
  /// The fields in ascending order of their numbers.
  static var fields: [ProtobufField<Self>] { get }
  /// Writes the fields without a length. The default follows `fields`.
  func encode(to writer: inout ProtobufWriter)
  /// Reads fields up to the reader's end on top of what is there. The default follows `fields`.
  mutating func merge(from reader: inout ProtobufReader) throws(ProtobufError)
  var protobufValue: ProtobufValue { get }
}

extension ProtobufMessage {
  public func encode(to writer: inout ProtobufWriter) {
    for field in Self.fields { field.encode(self, &writer) }
  }

  public mutating func merge(from reader: inout ProtobufReader) throws(ProtobufError) {
    let fields = Self.fields
    var guess = 0  // fields mostly come in order
    while !reader.isAtEnd {
      let (number, type) = try reader.tag()
      if guess >= fields.count || fields[guess].number != number {
        guard let index = fields.firstIndex(where: { $0.number == number }) else {
          try reader.skip(type)
          continue
        }
        guess = index
      }
      do throws(ProtobufError) { try fields[guess].decode(&self, &reader, type) } catch { throw error.inside(fields[guess].name) }
    }
  }

  public var protobufValue: ProtobufValue {
    .message(Self.fields.compactMap { field in field.value(self).map { ProtobufValue.Member(field.name, $0) } })
  }

  /// The encoding without a length in front.
  public func protobuf() -> [UInt8] {
    var writer = ProtobufWriter()
    encode(to: &writer)
    return writer.bytes
  }

  /// The encoding with its length in front.
  public func delimitedProtobuf() -> [UInt8] {
    var writer = ProtobufWriter()
    writer.delimited { encode(to: &$0) }
    return writer.bytes
  }

  /// Decodes a message that fills `bytes`.
  public init(protobuf bytes: [UInt8]) throws(ProtobufError) {
    self.init()
    var reader = ProtobufReader(bytes)
    try merge(from: &reader)
  }
}
