/// Why something that was received, built or loaded breaks the engine's rules.
public struct ValidationError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String
  public init(_ description: String) { self.description = description }
  func inside(_ place: String) -> ValidationError { ValidationError("\(place): \(description)") }
}

/// Runs `body`, and names `place` in front of what it throws.
func within<T>(_ place: @autoclosure () -> String, _ body: () throws(ValidationError) -> T) throws(ValidationError) -> T {
  do { return try body() } catch { throw error.inside(place()) }
}
