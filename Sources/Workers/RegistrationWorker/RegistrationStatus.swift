public import OasisTypes

/// The registration part of `control status`. Times are Unix seconds; 0 stands for never. Rule: sheet 09 §4.1.
public struct RegistrationStatus: Sendable {
  public var lastAttemptSuccessful = false
  public var lastAttemptError = ""
  public var lastAttempt: Int64 = 0
  public var lastRegistration: Int64 = 0
  /// What was registered last; nil after a failed attempt once it has expired.
  public var descriptor: Node?
  public init() {}
}
