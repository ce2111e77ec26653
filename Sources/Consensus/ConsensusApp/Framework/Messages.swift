public import OasisTypes

/// A kind of message between services: one publisher, any number of subscribers (sheet 03 §10).
///
/// The publisher declares it: `extension MessageKind where Payload == Runtime { static var runtimeUpdated: Self { .init("registry.runtime_updated") } }`
public struct MessageKind<Payload>: Hashable, Sendable {
  public let name: String
  public init(_ name: String) { self.name = name }
}

/// No enabled service takes messages of a kind.
public struct NoSubscribers: Error, CustomStringConvertible {
  public init() {}
  public var description: String { "abci: no subscribers to given message kind" }
}

/// Delivers messages to services in the order in which they subscribed.
public final class MessageDispatcher {
  private struct Subscriber {
    var isEnabled: (Context) throws -> Bool
    var handle: (Context, Any) throws -> [UInt8]?
  }
  private var subscribers: [String: [Subscriber]] = [:]

  public init() {}

  /// `handle` returns the CBOR of its answer, nil to leave the answer to others.
  public func subscribe<Payload>(
    _ kind: MessageKind<Payload>, of service: any Service, _ handle: @escaping (Context, Payload) throws -> [UInt8]?
  ) {
    let subscriber = Subscriber(isEnabled: { try service.isEnabled($0.state) }) { context, payload in
      guard let payload = payload as? Payload else {
        preconditionFailure("message kind \(kind.name) is declared with another payload than \(Payload.self)")
      }
      return try handle(context, payload)
    }
    subscribers[kind.name, default: []].append(subscriber)
  }

  /// Every enabled subscriber hears of the message, also when another one fails; the first coded error wins.
  ///
  /// - Throws: ``NoSubscribers``, or what the subscribers threw.
  fileprivate func publish<Payload>(_ kind: MessageKind<Payload>, _ payload: Payload, _ context: Context) throws -> [UInt8]? {
    var answer: [UInt8]?
    var failure: (any Error)?
    var delivered = false
    for subscriber in subscribers[kind.name] ?? [] where try subscriber.isEnabled(context) {
      delivered = true
      do {
        guard let result = try subscriber.handle(context, payload) else { continue }
        precondition(answer == nil, "two services answered message \(kind.name)")
        answer = result
      } catch  where error.isFatal {
        throw error
      } catch {
        if failure == nil || (ResultCode(of: error).isCoded && !(failure.map { ResultCode(of: $0).isCoded } ?? false)) { failure = error }
      }
    }
    if let failure { throw failure }
    guard delivered else { throw NoSubscribers() }
    return answer
  }
}

extension Context {
  /// Publishes a message and returns the CBOR of the answer, nil if nobody gave one.
  ///
  /// - Throws: ``NoSubscribers``, or the first coded error of the subscribers.
  @discardableResult
  public func publish<Payload>(_ kind: MessageKind<Payload>, _ payload: Payload) throws -> [UInt8]? {
    try chain.messages.publish(kind, payload, self)
  }

  /// Calls a method as `caller` in a transaction of its own (sheet 03 §10.3). Gas goes to this context's accountant.
  @discardableResult
  public func subcall(caller: Address, method: String, body: [UInt8]) throws -> [UInt8]? {
    guard depth <= 8 else { throw AppError.uncoded("call depth exceeded") }
    return try child(configure: { $0.caller = caller }) { child in
      try child.transaction { try chain.callMethod($0, method, body) }
    }
  }
}

/// A change of a service's parameters that governance asks for: the body of a proposal.
public struct ParameterChange: Hashable, Sendable {
  /// The service's short name, such as `staking`.
  public var module: String
  /// CBOR of the service's parameter changes.
  public var changes: [UInt8]

  public init(module: String, changes: [UInt8]) { (self.module, self.changes) = (module, changes) }
}

extension MessageKind where Payload == ParameterChange {
  /// Apply at acceptance (EndBlock). A subscriber answers nil for a foreign module and `a0` when it applied the change.
  public static var changeParameters: Self { .init("governance.change_parameters") }
  /// Only validate, when a proposal is submitted.
  public static var validateParameterChanges: Self { .init("governance.validate_parameter_changes") }
}

extension MessageKind where Payload == Void {
  /// State is there: at every start with state and after state sync.
  public static var stateSyncCompleted: Self { .init("core.state_sync_completed") }
}

extension MessageKind where Payload == Epoch {
  /// The scheduler is about to elect for this epoch.
  public static var beforeSchedule: Self { .init("scheduler.before_schedule") }
}
