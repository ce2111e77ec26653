internal import Glibc

/// Where a command prints.
public struct Console: Sendable {
  /// To standard output, as it is.
  public var print: @Sendable (String) -> Void
  /// To standard error, as it is.
  public var printError: @Sendable (String) -> Void

  public init(print: @escaping @Sendable (String) -> Void, printError: @escaping @Sendable (String) -> Void) {
    (self.print, self.printError) = (print, printError)
  }

  /// The process's own streams, unbuffered.
  public static let standard = Console(print: { write($0, STDOUT_FILENO) }, printError: { write($0, STDERR_FILENO) })

  private static func write(_ text: String, _ descriptor: Int32) {
    let bytes = Array(text.utf8)
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress?.advanced(by: done), $0.count - done) }
      if count > 0 { done += count } else if count == 0 || errno != EINTR { return }
    }
  }
}
