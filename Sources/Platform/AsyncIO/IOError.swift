internal import CUV
internal import Glibc

/// Why an operation on a socket, pipe or child failed.
public enum IOError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The system refused: the operation with its object, and the (positive) `errno`.
  case system(String, code: Int32)
  /// A host name that does not resolve.
  case resolution(host: String, reason: String)
  /// The object was closed on this side.
  case closed
  /// The peer ended the stream before all expected bytes came.
  case endOfStream
  /// The task was cancelled.
  case cancelled
  /// The deadline passed.
  case timedOut
  /// Another task already waits for the same thing.
  case busy(String)
  /// What was asked for cannot be right, such as a socket path that is too long.
  case invalid(String)

  public var description: String {
    switch self {
    case .system(let operation, let code): "\(operation): \(IOError.text(code))"
    case .resolution(let host, let reason): "lookup \(host): \(reason)"
    case .closed: "use of closed connection"
    case .endOfStream: "unexpected end of stream"
    case .cancelled: "cancelled"
    case .timedOut: "i/o timeout"
    case .busy(let what): "\(what): another task is waiting already"
    case .invalid(let what): what
    }
  }

  /// The system's words for an `errno`, in the case the reference prints them.
  public static func text(_ code: Int32) -> String {
    let text = String(cString: strerror(code))
    return text.prefix(1).lowercased() + text.dropFirst()
  }

  /// A failure that libuv reports as a negative `errno`.
  init(_ operation: String, uv status: Int32) {
    self = status == UV_ECANCELED.rawValue ? .closed : .system(operation, code: -status)
  }

  /// The `errno` of a system failure; nil for the others.
  public var code: Int32? {
    if case .system(_, let code) = self { code } else { nil }
  }
}
