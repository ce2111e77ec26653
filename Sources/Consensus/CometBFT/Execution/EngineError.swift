/// Why the engine could not go on, or refused a request.
public enum EngineError: Error, Sendable, CustomStringConvertible {
  /// A block breaks the rules.
  case invalidBlock(ValidationError)
  /// The application failed, or answered what the engine cannot use.
  case application(String)
  case storage(StorageError)
  /// What the stores, the log and the application know does not fit together.
  case inconsistent(String)
  /// A transaction that the pool does not take.
  case refused(PoolRefusal)
  /// The engine stopped.
  case stopped

  public var description: String {
    switch self {
    case .invalidBlock(let error): "invalid block: \(error)"
    case .application(let reason): "application: \(reason)"
    case .storage(let error): "\(error)"
    case .inconsistent(let reason): reason
    case .refused(let reason): "\(reason)"
    case .stopped: "the consensus engine has stopped"
    }
  }
}

/// Runs a storage operation; its errors become ``EngineError``.
func stored<T>(_ body: () throws(StorageError) -> T) throws(EngineError) -> T {
  do { return try body() } catch { throw .storage(error) }
}

/// Runs a check of a block; its errors become ``EngineError``.
func validating<T>(_ body: () throws(ValidationError) -> T) throws(EngineError) -> T {
  do { return try body() } catch { throw .invalidBlock(error) }
}

/// Asks the application; its errors become ``EngineError``.
func asking<T>(_ call: String, _ body: () throws -> T) throws(EngineError) -> T {
  do { return try body() } catch { throw .application("\(call): \(error)") }
}
