/// What a state tree lies on: the tree of a committed version, another state tree, or memory.
public protocol StateReader: AnyObject {
  /// The value of `key`, nil if it is absent; a stored empty value is not absent.
  func get(_ key: [UInt8]) throws -> [UInt8]?
  /// Calls `body` for every key from `start` on, ascending, until it returns false or the keys end.
  func scan(from start: [UInt8], _ body: (_ key: [UInt8], _ value: [UInt8]) throws -> Bool) throws
}

/// State that must be there is missing or damaged. A block is never committed on such a result (sheet 03 §5.5): the node stops.
public struct StateError: Error, CustomStringConvertible {
  public var description: String
  public init(_ description: String) { self.description = description }
}

/// A writable layer over a state: the working state of a block, of the mempool's check, or of one nested transaction.
///
/// Reads fall through to what lies beneath; writes stay here until ``commit()`` hands them down or ``discard()`` drops them. Not thread safe:
/// a block is executed by one thread.
public final class StateTree: StateReader {
  let base: any StateReader
  private var changes: [[UInt8]: [UInt8]?] = [:]
  private var changedKeys: [[UInt8]] = []  // keys of `changes`, ascending

  public init(over base: any StateReader) { self.base = base }

  public func get(_ key: [UInt8]) throws -> [UInt8]? {
    if let change = changes[key] { return change }
    return try base.get(key)
  }

  /// Sets a value in this layer.
  public func set(_ key: [UInt8], to value: [UInt8]) { change(key, to: value) }

  /// Removes a key in this layer, whatever lies beneath.
  public func remove(_ key: [UInt8]) { change(key, to: nil) }

  private func change(_ key: [UInt8], to value: [UInt8]?) {
    guard changes.updateValue(value, forKey: key) == nil else { return }
    if let last = changedKeys.last, !last.lexicographicallyPrecedes(key) {
      changedKeys.insert(key, at: changedKeys.position(of: key))
    } else {
      changedKeys.append(key)
    }
  }

  /// The state must not be written while it is scanned.
  public func scan(from start: [UInt8], _ body: (_ key: [UInt8], _ value: [UInt8]) throws -> Bool) throws {
    var next = changedKeys.position(of: start)
    var stopped = false
    /// Passes the changed keys below `limit` (all of them if nil) to `body`.
    func passChanges(below limit: [UInt8]?) throws {
      while !stopped, next < changedKeys.count {
        let key = changedKeys[next]
        if let limit, !key.lexicographicallyPrecedes(limit) { return }
        next += 1
        if case .some(.some(let value)) = changes[key], try !body(key, value) { stopped = true }
      }
    }
    try base.scan(from: start) { key, value in
      try passChanges(below: key)
      if stopped { return false }
      if next < changedKeys.count, changedKeys[next] == key {
        next += 1
        if case .some(.some(let changed)) = changes[key], try !body(key, changed) { stopped = true }
      } else if try !body(key, value) {
        stopped = true
      }
      return !stopped
    }
    try passChanges(below: nil)
  }

  /// The changes of this layer in key order; nil means removed.
  public var pendingChanges: [(key: [UInt8], value: [UInt8]?)] { changedKeys.map { ($0, changes[$0] ?? nil) } }

  /// Whether this layer changes anything.
  public var hasChanges: Bool { !changedKeys.isEmpty }

  /// Drops the changes of this layer.
  public func discard() {
    changes = [:]
    changedKeys = []
  }

  /// Hands the changes to the state tree beneath.
  ///
  /// - Precondition: this tree lies on another `StateTree`.
  public func commit() {
    guard let parent = base as? StateTree else { preconditionFailure("only a nested state tree commits into the one beneath it") }
    for key in changedKeys { parent.change(key, to: changes[key] ?? nil) }
    discard()
  }
}

/// A state in memory, for tests and for the state before the first block.
public final class MemoryState: StateReader {
  private var values: [[UInt8]: [UInt8]]
  private var sorted: [[UInt8]]

  public init(_ values: [[UInt8]: [UInt8]] = [:]) {
    self.values = values
    sorted = values.keys.sorted { $0.lexicographicallyPrecedes($1) }
  }

  private init(values: [[UInt8]: [UInt8]], sorted: [[UInt8]]) { (self.values, self.sorted) = (values, sorted) }

  /// The state as it is now, apart from later changes.
  public func copy() -> MemoryState { MemoryState(values: values, sorted: sorted) }

  public func get(_ key: [UInt8]) -> [UInt8]? { values[key] }

  public func scan(from start: [UInt8], _ body: (_ key: [UInt8], _ value: [UInt8]) throws -> Bool) rethrows {
    for key in sorted[sorted.position(of: start)...] {
      guard let value = values[key], try body(key, value) else { return }
    }
  }

  /// Takes over the changes of a tree (see ``StateTree/pendingChanges``).
  public func apply(_ changes: [(key: [UInt8], value: [UInt8]?)]) {
    for (key, value) in changes {
      let isPresent = values[key] != nil
      values[key] = value
      if isPresent == (value != nil) { continue }
      let position = sorted.position(of: key)
      if value == nil { sorted.remove(at: position) } else { sorted.insert(key, at: position) }
    }
  }

  /// All keys and values in key order.
  public var contents: [(key: [UInt8], value: [UInt8])] { sorted.compactMap { key in values[key].map { (key, $0) } } }
}

extension [[UInt8]] {
  /// In ascending keys, the index of the first that is not below `key`.
  fileprivate func position(of key: [UInt8]) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self[middle].lexicographicallyPrecedes(key) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
