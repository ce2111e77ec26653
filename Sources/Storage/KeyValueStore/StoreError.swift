/// What a store could not do, and where.
public struct StoreError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Why a store refused or failed.
  public enum Reason: Hashable, Sendable {
    /// Another process (or another part of this one) has the directory open.
    case locked
    /// The store was closed.
    case closed
    /// The store was opened for reading only.
    case readOnly
    /// What is on disk is damaged, or is no store of this kind.
    case corrupted(String)
    /// The operating system or the database library reports a failure.
    case failed(String)
  }

  public var reason: Reason
  /// What was being done: "open", "get", "write", …
  public var operation: String
  /// The directory of the store, or a word for a store without one.
  public var store: String

  public init(_ reason: Reason, operation: String, store: String) {
    self.reason = reason
    self.operation = operation
    self.store = store
  }

  public var description: String {
    switch reason {
    case .locked: "database in '\(store)' is locked: another process is using it"
    case .closed: "database in '\(store)' is closed (\(operation))"
    case .readOnly: "database in '\(store)' is open for reading only (\(operation))"
    case .corrupted(let text): "database in '\(store)' is corrupted: \(operation): \(text)"
    case .failed(let text): "database in '\(store)': \(operation) failed: \(text)"
    }
  }
}
