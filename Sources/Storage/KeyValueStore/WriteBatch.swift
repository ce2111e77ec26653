/// Changes that a store applies together, in the order given.
///
/// All keys and values lie in one buffer: filling a batch allocates seldom and holds no reference per entry.
public struct WriteBatch: Sendable {
  /// One change of a batch.
  public enum Operation {
    case put(key: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>)
    case delete(key: UnsafeBufferPointer<UInt8>)
    /// Every key with `lower <= key < upper`.
    case deleteRange(lower: UnsafeBufferPointer<UInt8>, upper: UnsafeBufferPointer<UInt8>)
  }

  private enum Kind: UInt8 { case put, delete, deleteRange }
  private struct Record {
    var kind: Kind
    var start: Int, first: Int, second: Int  // where the first string starts, and both lengths
  }

  private var buffer: [UInt8] = []
  private var records: [Record] = []

  public init() {}

  /// The number of operations.
  public var count: Int { records.count }
  public var isEmpty: Bool { records.isEmpty }
  /// The bytes of all keys and values together.
  public var byteCount: Int { buffer.count }

  /// Sets a key.
  public mutating func put(_ key: [UInt8], _ value: [UInt8]) {
    records.append(Record(kind: .put, start: buffer.count, first: key.count, second: value.count))
    buffer.append(contentsOf: key)
    buffer.append(contentsOf: value)
  }

  /// Removes a key; an absent one is not an error.
  public mutating func delete(_ key: [UInt8]) {
    records.append(Record(kind: .delete, start: buffer.count, first: key.count, second: 0))
    buffer.append(contentsOf: key)
  }

  /// Removes every key with `lower <= key < upper`.
  public mutating func deleteRange(from lower: [UInt8], to upper: [UInt8]) {
    guard precedes(lower, upper) else { return }
    records.append(Record(kind: .deleteRange, start: buffer.count, first: lower.count, second: upper.count))
    buffer.append(contentsOf: lower)
    buffer.append(contentsOf: upper)
  }

  /// Removes every key that starts with a (non-empty, not all ff) prefix.
  public mutating func deletePrefix(_ prefix: [UInt8]) {
    guard let end = prefixEnd(prefix) else { return }
    deleteRange(from: prefix, to: end)
  }

  /// Appends the operations of another batch.
  public mutating func append(_ other: WriteBatch) {
    let shift = buffer.count
    buffer.append(contentsOf: other.buffer)
    records.append(contentsOf: other.records.map { Record(kind: $0.kind, start: $0.start + shift, first: $0.first, second: $0.second) })
  }

  /// Empties the batch and keeps its memory.
  public mutating func removeAll() {
    buffer.removeAll(keepingCapacity: true)
    records.removeAll(keepingCapacity: true)
  }

  /// Calls `body` for each operation; the pointers are valid only during the call.
  public func forEach<E: Error>(_ body: (Operation) throws(E) -> Void) throws(E) {
    var failure: E?
    buffer.withUnsafeBufferPointer { bytes in
      for record in records {
        let middle = record.start + record.first
        let first = UnsafeBufferPointer(rebasing: bytes[record.start..<middle])
        let second = UnsafeBufferPointer(rebasing: bytes[middle..<middle + record.second])
        do throws(E) {
          switch record.kind {
          case .put: try body(.put(key: first, value: second))
          case .delete: try body(.delete(key: first))
          case .deleteRange: try body(.deleteRange(lower: first, upper: second))
          }
        } catch {
          failure = error
          return
        }
      }
    }
    if let failure { throw failure }
  }
}
