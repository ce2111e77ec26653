/// What trees and overlays have in common: ordered byte strings that can be read and changed.
///
/// State machines work on it: a transaction's overlay lies over a block's, which lies over the tree.
public protocol KeyValueTree: AnyObject {
  /// The value of a key, or nil. An empty value is not nil.
  func get(_ key: [UInt8]) throws -> [UInt8]?
  /// Sets a key.
  func insert(_ key: [UInt8], _ value: [UInt8]) throws
  /// Removes a key; an absent one changes nothing.
  func remove(_ key: [UInt8]) throws
  /// Removes a key and returns its value, or nil if it was absent.
  func removeExisting(_ key: [UInt8]) throws -> [UInt8]?
  /// Pairs in key order from the first key on. The tree may change meanwhile: the iterator goes on behind the last key it gave.
  func iterator() throws -> any KeyValueIterator
}

/// Pairs of a tree in bytewise key order.
public protocol KeyValueIterator: AnyObject {
  /// Makes ``next()`` continue at the first key that is not below `key`.
  func seek(_ key: [UInt8]) throws
  /// The next pair, or nil at the end.
  func next() throws -> (key: [UInt8], value: [UInt8])?
}

extension KeyValueTree {
  /// Calls `body` for each pair whose key starts with `prefix`, in key order, until it returns false.
  public func forEach(prefix: [UInt8] = [], _ body: (_ key: [UInt8], _ value: [UInt8]) throws -> Bool) throws {
    let iterator = try iterator()
    try iterator.seek(prefix)
    while let pair = try iterator.next(), pair.key.starts(with: prefix) {
      guard try body(pair.key, pair.value) else { return }
    }
  }

  /// All pairs whose keys start with `prefix`, in key order.
  public func pairs(prefix: [UInt8] = []) throws -> [(key: [UInt8], value: [UInt8])] {
    var pairs: [(key: [UInt8], value: [UInt8])] = []
    try forEach(prefix: prefix) { key, value in
      pairs.append((key, value))
      return true
    }
    return pairs
  }

  /// Whether a key is present.
  public func has(_ key: [UInt8]) throws -> Bool { try get(key) != nil }

  /// Applies the entries of a write log in their order.
  public func apply(_ log: WriteLog) throws {
    for entry in log {
      if let value = entry.value { try insert(entry.key, value) } else { try remove(entry.key) }
    }
  }
}
