/// Why the runner cannot go on: what was wrong with what, and the remedy where there is one.
public struct RunnerError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String
  public init(_ description: String) { self.description = description }
}
