public import OasisTypes
public import Wire

/// The error a call was answered with: module, code and text (07 C.2). Module and code decide; the text explains.
public struct CallError: RuntimeProtocolMessage, Error {
  public static let name = "Error"
  public static let fields: [Field<Self>] = [
    .init("module", \.module, .omitEmpty), .init("code", \.code, .omitEmpty), .init("message", \.message, .omitEmpty),
  ]

  /// The module that owns the code, such as `rhp/dispatcher`.
  public var module = ""
  /// The code within the module; 0 means success and is no error.
  public var code: UInt32 = 0
  /// What happened, for people.
  public var message = ""

  /// No error: the answer of a check that passed.
  public init() {}

  /// An error of a module.
  public init(module: String, code: UInt32, message: String) {
    (self.module, self.code, self.message) = (module, code, message)
  }
}

extension CallError: CustomStringConvertible {
  /// The text, as the reference prints it.
  public var description: String { message.isEmpty ? "module: \(module) code: \(code)" : message }

  /// Whether the answer means success (07 C.6).
  public var isSuccess: Bool { code == 0 }
}

/// An error that knows what it is on the wire.
public protocol CallErrorConvertible: Error {
  /// The error with its module and code.
  var callError: CallError { get }
}

extension CallError: CallErrorConvertible {
  /// Itself.
  public var callError: CallError { self }
}

extension CodedError: CallErrorConvertible {
  /// The same module, code and text.
  public var callError: CallError { CallError(module: module, code: code, message: text) }
}

extension CallError {
  /// What a handler's error becomes on the wire: coded errors keep module and code, all others become `unknown`/1 (07 C.2).
  public init(mapping error: any Error) {
    self = (error as? any CallErrorConvertible)?.callError ?? .unknown("\(error)")
  }

  /// An uncoded error.
  public static func unknown(_ message: String) -> CallError { .init(module: "unknown", code: 1, message: message) }
  /// The connection is not ready (host).
  public static let notReady = CallError(module: "rhp/internal", code: 1, message: "rhp: not ready")
  /// Nobody handles this request (host).
  public static let methodNotSupported = unknown("method not supported")
  /// The endpoint is not known to the host.
  public static let endpointNotSupported = unknown("endpoint not supported")
  /// No key manager node gave a good answer.
  public static let failedOnAllPeers = unknown("call failed on all peers")
  /// A guest's error before dispatch.
  public static func dispatch(_ message: String) -> CallError { .init(module: "rhp/dispatcher", code: 1, message: message) }
  /// A guest's error while it works on a request.
  public static func dispatcher(_ message: String) -> CallError { .init(module: "dispatcher", code: 1, message: message) }
  /// A guest's error about the protocol itself, such as a wrong answer of the host.
  public static func `protocol`(_ message: String) -> CallError { .init(module: "protocol", code: 1, message: message) }
  /// A guest could not write its answer.
  public static func write(_ message: String) -> CallError { .init(module: "rhp/write", code: 1, message: message) }
}

extension RootHash.Failure: CallErrorConvertible {
  /// The same module, code and text.
  public var callError: CallError { CallError(module: module, code: number, message: description) }
}

extension Registry.Failure: CallErrorConvertible {
  /// The same module, code and text.
  public var callError: CallError { CallError(module: module, code: number, message: description) }
}
