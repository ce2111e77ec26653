internal import Glibc

/// What was wrong with a file: the operation that failed, the path, and the system's words; or, without an operation, what is wrong with
/// its content.
public struct FileError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The system call, such as `open`; empty where a file was read and is not what it should be.
  public var operation: String
  /// The file or folder.
  public var path: String
  /// Why, without the path.
  public var reason: String
  /// The system's error number; 0 without an operation.
  public var code: Int32

  /// Words of the reference that are a contract, in place of operation and path; they name the path themselves.
  public var words: String?

  /// A file whose content or kind is wrong.
  public init(path: String, reason: String, words: String? = nil) {
    (operation, self.path, self.reason, code, self.words) = ("", path, reason, 0, words)
  }

  /// The failure of a system call that just set `errno`.
  init(_ operation: String, _ path: String) {
    (self.operation, self.path, code) = (operation, path, errno)
    reason = Self.text(code)
  }

  /// Whether there is nothing at the path.
  public var isAbsent: Bool { code == ENOENT }

  /// `open /a/b: no such file or directory`, as the reference words it.
  public var description: String {
    if let words { return "\(words) (\(reason))" }
    return operation.isEmpty ? "\(path): \(reason)" : "\(operation) \(path): \(reason)"
  }

  /// The system's words for an error number; they begin in lower case, as Go prints them.
  public static func text(_ code: Int32) -> String {
    let text = String(cString: strerror(code))
    return text.prefix(1).lowercased() + text.dropFirst()
  }
}
