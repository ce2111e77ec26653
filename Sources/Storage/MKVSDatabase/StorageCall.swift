/// A call of the storage interface, for those who measure.
public struct StorageCall: Sendable {
  /// As the reference's metrics name it.
  public enum Name: String, Sendable {
    case apply
    case syncGet = "sync_get"
    case syncGetPrefixes = "sync_get_prefixes"
    case syncIterate = "sync_iterate"
  }

  public var name: Name
  public var duration: Duration
  public var hasSucceeded: Bool
  /// Keys and values of an applied write log, bytes.
  public var bytes: Int
}

extension NodeDatabase {
  func measured<Value>(_ name: StorageCall.Name, bytes: Int = 0, _ body: () throws -> Value) throws -> Value {
    guard let observer = options.observer else { return try body() }
    let start = ContinuousClock.now
    func tell(_ hasSucceeded: Bool) {
      observer(StorageCall(name: name, duration: .now - start, hasSucceeded: hasSucceeded, bytes: bytes))
    }
    do {
      let value = try body()
      tell(true)
      return value
    } catch {
      tell(false)
      throw error
    }
  }
}
