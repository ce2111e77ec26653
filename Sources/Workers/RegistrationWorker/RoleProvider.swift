public import OasisTypes
internal import Synchronization

/// A role that this node may have: a slot in the registration worker that is available or not. Rule: sheet 08 §C1.
///
/// While one provider is unavailable nothing is registered, also not the roles of the others.
public final class RoleProvider: Sendable {
  /// Edits the descriptor that is to be registered; throwing puts the registration off.
  public typealias Hook = @Sendable (inout Node) async throws -> Void

  struct Slot {
    var hook: Hook?
    /// Called once after the next registration.
    var registered: (@Sendable () async -> Void)?
    /// Counts the changes, so that a callback of an older availability is told apart.
    var version: UInt64 = 0
  }

  public let role: Roles
  private let slot = Mutex(Slot())
  private let changed: @Sendable () -> Void

  init(role: Roles, changed: @escaping @Sendable () -> Void) { (self.role, self.changed) = (role, changed) }

  /// Makes the role available, or renews it: a registration follows at once.
  public func setAvailable(_ hook: @escaping Hook = { _ in }, registered: (@Sendable () async -> Void)? = nil) {
    slot.withLock {
      ($0.hook, $0.registered) = (hook, registered)
      $0.version += 1
    }
    changed()
  }

  /// Blocks registrations until the role is available again.
  public func setUnavailable() {
    slot.withLock {
      ($0.hook, $0.registered) = (nil, nil)
      $0.version += 1
    }
  }

  var current: Slot { slot.withLock { $0 } }

  /// Takes the callback of exactly that availability.
  func takeCallback(of version: UInt64) -> (@Sendable () async -> Void)? {
    slot.withLock { slot in
      guard slot.version == version else { return nil }
      defer { slot.registered = nil }
      return slot.registered
    }
  }
}
