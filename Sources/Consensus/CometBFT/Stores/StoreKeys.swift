internal import KeyValueStore

/// A part of a key-value store: every key gets a prefix.
struct PrefixedStore: Sendable {
  let store: any KeyValueStore
  let prefix: [UInt8]

  func key(_ text: String) -> [UInt8] { prefix + Array(text.utf8) }
  func get(_ key: [UInt8]) throws(StoreError) -> [UInt8]? { try store.get(key) }
}

/// Why stored data could not be used.
public enum StorageError: Error, Hashable, Sendable {
  /// Nothing is stored for a height, or no longer.
  case notFound(String)
  /// What is stored does not decode.
  case corrupt(String)
  /// The store itself failed.
  case store(String)
  /// The request makes no sense for what is stored.
  case refused(String)
}

extension StorageError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notFound(let what): "\(what) is not stored"
    case .corrupt(let what): "stored data is damaged: \(what)"
    case .store(let reason): reason
    case .refused(let reason): reason
    }
  }
}

/// Runs a store operation; its errors become ``StorageError``.
func storing<T>(_ body: () throws(StoreError) -> T) throws(StorageError) -> T {
  do { return try body() } catch { throw .store("\(error)") }
}
