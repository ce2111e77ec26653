public import CBOR
public import JSONText
public import Wire

/// One message of the Runtime Host Protocol: number, direction and content (07 C.2).
public struct RuntimeMessage: WireMap, Hashable, Sendable {
  /// Whether a message asks or answers.
  public enum Kind: UInt8, Hashable, Sendable {
    /// Never valid on the wire.
    case invalid = 0
    /// Asks; the answer carries the same number.
    case request = 1
    /// Answers.
    case response = 2
  }

  public static let fields: [Field<Self>] = [
    .init("id", \.id), .init("message_type", \.rawKind), .init("body", \.body),
  ]

  /// The number of the request; each side counts its own from 0.
  public var id: UInt64 = 0
  var rawKind: UInt8 = 0
  /// The content.
  public var body = Body.unknown("")

  /// Whether it asks or answers; a number that means neither is `.invalid`.
  public var kind: Kind {
    get { Kind(rawValue: rawKind) ?? .invalid }
    set { rawKind = newValue.rawValue }
  }

  /// An invalid message, to be filled by decoding.
  public init() {}

  /// A message.
  public init(id: UInt64, kind: Kind, body: Body) {
    (self.id, self.rawKind, self.body) = (id, kind.rawValue, body)
  }

  /// The answer to this request.
  public func answer(_ body: Body) -> RuntimeMessage { RuntimeMessage(id: id, kind: .response, body: body) }
}

extension Body: WireValue {
  /// A body without a name.
  public init() { self = .unknown("") }

  /// A body is never left out.
  public var isEmpty: Bool { false }

  /// Writes the map with one entry; an unknown body as an empty map.
  public func encode(to writer: inout CBORWriter) {
    guard let message else { return writer.writeMapHead(0) }
    writer.writeMapHead(1)
    writer.write(text: type(of: message).name)
    message.encode(to: &writer)
  }

  /// Reads a body; of several known names the first in declaration order counts on a host, a guest refuses them (07 C.1, C.2).
  public init(from reader: inout CBORReader) throws(CBORError) {
    self.init()
    if !reader.mode.isStrict, reader.readNull() { return }
    var container = try reader.beginMap()
    var found: (index: Int, body: Body)?
    var names: Set<String> = []
    while try reader.next(&container) {
      let name = try reader.readText()
      if !names.insert(name).inserted { throw reader.error(.duplicateKey(name)) }
      if reader.mode.isStrict, names.count > 1 { throw reader.error(.unknownField(name)) }
      guard let decoder = Self.decoders[name] else {
        if reader.mode.refusesUnknownFields { throw reader.error(.unknownField(name)) }
        if case .unknown("") = self { self = .unknown(name) }
        try reader.skip()
        continue
      }
      let body: Body
      do throws(CBORError) {
        if reader.mode.isStrict, let standard = Self.nullForGuest(name), reader.readNull() {
          body = standard
        } else {
          body = try decoder.decode(&reader)
        }
      } catch { throw error.inside(name) }
      if found.map({ decoder.index < $0.index }) ?? true { found = (decoder.index, body) }
    }
    if let found { self = found.body }
  }

  /// What null in place of a message means to a guest; nil where it is refused, as for most.
  private static func nullForGuest(_ name: String) -> Body? {
    switch name {
    case CallError.name: .error(CallError())
    case RuntimeInfoRequest.name: .runtimeInfoRequest(RuntimeInfoRequest())
    case RuntimeInfoResponse.name: .runtimeInfoResponse(RuntimeInfoResponse())
    case HostFetchConsensusEventsResponse.name: .hostFetchConsensusEventsResponse(HostFetchConsensusEventsResponse())
    default: nil
    }
  }

  /// Writes an object with one member.
  public func encode(to writer: inout JSONWriter) {
    writer.beginObject()
    if let message {
      writer.write(key: type(of: message).name)
      message.encode(to: &writer)
    }
    writer.endObject()
  }

  /// Bodies are never read from JSON.
  public init(json: JSONValue) throws(JSONError) { throw JSONError("a message body cannot be read from JSON") }
}
