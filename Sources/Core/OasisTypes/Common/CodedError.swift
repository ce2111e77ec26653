/// An error with a module and a code, as transactions and remote calls report it. (Sheet 01 §13.1.)
///
/// Code and module identify it; the text may say more. Codes of transactions enter the results hash, texts do not.
public struct CodedError: Error, Hashable, Sendable, CustomStringConvertible {
  public let module: String
  public let code: UInt32
  public let text: String

  public init(_ module: String, _ code: UInt32, _ text: String) { (self.module, self.code, self.text) = (module, code, text) }

  /// The module of errors that have no code of their own.
  public static let unknownModule = "unknown"

  /// An error without a code: module `unknown`, code 1.
  public static func uncoded(_ text: String) -> CodedError { CodedError(unknownModule, 1, text) }

  /// Any error: a coded one as it is, others uncoded.
  public init(_ error: any Error) { self = error as? CodedError ?? .uncoded("\(error)") }

  /// The same code with a longer text: `context: text`.
  public func wrapped(_ context: String) -> CodedError { CodedError(module, code, "\(context): \(text)") }

  /// The same code with details behind: `text: details`.
  public func detailed(_ details: String) -> CodedError { CodedError(module, code, "\(text): \(details)") }

  /// Whether module and code are the same, whatever the texts.
  public func isSame(as other: CodedError) -> Bool { module == other.module && code == other.code }

  public var description: String { text }
}
