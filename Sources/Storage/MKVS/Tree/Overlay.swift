/// Changes in memory over a tree or another overlay, taken back by dropping them or applied by ``commit()`` (sheet 02 §1.9).
///
/// Reading falls through to what lies below for keys that the overlay has not touched. Nothing is hashed.
///
/// ```swift
/// let block = Overlay(tree)
/// let transaction = Overlay(block)
/// try transaction.insert(key, value)
/// if succeeded { try transaction.commit() }  // else let go of it
/// ```
public final class Overlay: KeyValueTree {
  let inner: any KeyValueTree
  var pending = SortedMap()
  var generation: UInt64 = 0
  private var isClosed = false

  public init(_ inner: any KeyValueTree) {
    self.inner = inner
  }

  /// Whether anything is pending.
  public var isDirty: Bool { !pending.isEmpty }

  func check() throws {
    guard !isClosed else { throw MKVSError.closed }
  }

  public func get(_ key: [UInt8]) throws -> [UInt8]? {
    try check()
    if let entry = pending.entry(key) { return entry.value }
    return try inner.get(key)
  }

  public func insert(_ key: [UInt8], _ value: [UInt8]) throws {
    try check()
    generation += 1
    pending.set(key, value)
  }

  public func remove(_ key: [UInt8]) throws {
    try check()
    generation += 1
    pending.set(key, nil)
  }

  public func removeExisting(_ key: [UInt8]) throws -> [UInt8]? {
    try check()
    let value: [UInt8]?
    if let entry = pending.entry(key) { value = entry.value } else { value = try inner.get(key) }
    if value != nil {
      generation += 1
      pending.set(key, nil)
    }
    return value
  }

  public func iterator() throws -> any KeyValueIterator {
    try check()
    return OverlayIterator(self, try inner.iterator())
  }

  /// Applies the pending changes to what lies below, in key order, and forgets them.
  public func commit() throws {
    try check()
    try pending.forEach { if let value = $0.value { try inner.insert($0.key, value) } }
    try pending.forEach { if $0.value == nil { try inner.remove($0.key) } }
    discard()
  }

  /// Forgets the pending changes.
  public func discard() {
    generation += 1
    pending.removeAll()
  }

  /// An independent overlay with the same pending changes, over the same tree or another one.
  public func copy(over inner: (any KeyValueTree)? = nil) -> Overlay {
    let copy = Overlay(inner ?? self.inner)
    copy.pending = pending
    return copy
  }

  /// The pending changes as a write log, in key order; nil values are removals.
  public var changes: WriteLog {
    var log = WriteLog()
    pending.forEach { log.append(LogEntry($0.key, $0.value)) }
    return log
  }

  /// Ends the use of the overlay; what lies below stays open.
  public func close() {
    isClosed = true
    pending.removeAll()
  }
}

/// Merges an overlay's changes with the pairs below.
private final class OverlayIterator: KeyValueIterator {
  private let overlay: Overlay
  private let inner: any KeyValueIterator
  private var generation: UInt64
  private var position: (key: [UInt8], inclusive: Bool) = ([], true)
  private var needsSeek = true
  private var below: (key: [UInt8], value: [UInt8])?
  private var own: SortedMap.Position?

  init(_ overlay: Overlay, _ inner: any KeyValueIterator) {
    self.overlay = overlay
    self.inner = inner
    generation = overlay.generation
  }

  func seek(_ key: [UInt8]) throws {
    position = (key, true)
    needsSeek = true
  }

  func next() throws -> (key: [UInt8], value: [UInt8])? {
    try overlay.check()
    if needsSeek {
      try inner.seek(position.key)
      below = try inner.next()
      own = overlay.pending.first(from: position.key, inclusive: position.inclusive)
      generation = overlay.generation
      needsSeek = false
    } else if generation != overlay.generation {
      own = overlay.pending.first(from: position.key, inclusive: position.inclusive)
      generation = overlay.generation
    }
    while true {
      let entry = own.map { overlay.pending[$0] }
      if let pair = below, entry.map({ precedes(pair.key, $0.key) }) ?? true {
        below = try inner.next()
        if overlay.pending.entry(pair.key) == nil { return found(pair) }
        continue  // an entry that came while the pair was held
      }
      guard let entry, let here = own else { return nil }
      own = overlay.pending.after(here)
      if let pair = below, pair.key == entry.key { below = try inner.next() }
      if let value = entry.value { return found((entry.key, value)) }
    }
  }

  private func found(_ pair: (key: [UInt8], value: [UInt8])) -> (key: [UInt8], value: [UInt8]) {
    position = (pair.key, false)
    return pair
  }
}
