internal import Bytes
public import OasisTypes
public import Wire

/// An event as CometBFT carries it: attribute values are base64 of CBOR (sheet 03 §9.1).
public struct BlockEvent: Hashable, Sendable {
  /// A key and a value, base64 where they are CBOR.
  public struct Attribute: Hashable, Sendable {
    public var key: String, value: String
    public init(_ key: String, _ value: String) { (self.key, self.value) = (key, value) }
  }
  /// `oasis_event_` and the service's name.
  public var type: String
  public var attributes: [Attribute]

  public init(type: String, attributes: [Attribute]) { (self.type, self.attributes) = (type, attributes) }

  /// The event type of a service.
  public static func type(of service: String) -> String { "oasis_event_\(service)" }
}

/// The value of an event of one service; conform the type of `OasisTypes` in the service's folder.
public protocol ServiceEvent: WireValue {
  /// The service's full name, such as `100_staking`.
  static var service: String { get }
  /// The attribute key, such as `transfer`.
  static var kind: String { get }
  /// Whether the event enters the events root of the block (staking's only).
  static var isProvable: Bool { get }
}

extension ServiceEvent {
  public static var isProvable: Bool { false }
}

/// The events of one context, in order.
public struct EventLog: Sendable {
  public private(set) var events: [BlockEvent] = []
  /// CBOR of the provable events: leaves of the events root.
  public private(set) var provable: [[UInt8]] = []

  public init() {}

  mutating func append(_ event: BlockEvent, provable leaf: [UInt8]? = nil) {
    events.append(event)
    if let leaf { provable.append(leaf) }
  }

  mutating func append(_ other: EventLog) {
    events += other.events
    provable += other.provable
  }

  /// Whether a service emitted an event of this kind.
  public func contains(service: String, kind: String) -> Bool {
    let type = BlockEvent.type(of: service)
    return events.contains { $0.type == type && $0.attributes.contains { $0.key == kind } }
  }
}

extension Context {
  /// Emits an event, with the runtime that it is about as second attribute if given (root hash events).
  public func emit<Event: ServiceEvent>(_ event: Event, runtime: Namespace? = nil) {
    let encoded = event.cbor()
    var attributes = [BlockEvent.Attribute(Event.kind, encoded.base64)]
    if let runtime { attributes.append(.init("runtime_id", runtime.bytes.base64)) }
    log.append(BlockEvent(type: BlockEvent.type(of: Event.service), attributes: attributes), provable: Event.isProvable ? encoded : nil)
  }

  /// Emits an event whose value is a plain text (registry's `node_list_epoch`, text `1`).
  public func emit(service: String, kind: String, text: String) {
    log.append(BlockEvent(type: BlockEvent.type(of: service), attributes: [.init(kind, text)]))
  }

  /// Whether an event of this kind was emitted in this context before.
  public func hasEvent(service: String, kind: String) -> Bool { log.contains(service: service, kind: kind) }
}
