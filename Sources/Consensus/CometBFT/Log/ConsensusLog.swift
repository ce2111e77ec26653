/// The write-ahead log of the consensus: what was handled, in order, so that it can be handled again after a crash.
public protocol ConsensusLog: AnyObject {
  /// Appends a record; it is durable after the next `sync`.
  func write(_ record: TimedWALMessage) throws(LogError)
  /// Makes all records durable.
  func sync() throws(LogError)
  /// Appends a record and makes all records durable.
  func writeSync(_ record: TimedWALMessage) throws(LogError)
  /// Records after the end of a height, or nil when that end is not in the log.
  func records(after height: Int64) throws(LogError) -> [TimedWALMessage]?
  /// Whether the end of a height, or of a later one, is in the log.
  func hasEnd(of height: Int64) throws(LogError) -> Bool
  /// Keeps what lies before the damage that `records` met last, if it met any, and a copy of everything.
  func repair() throws(LogError)
  /// Damage that the last search saw where it does not matter (any more), in one line.
  var notice: String? { get }
  /// The newest file's path, for messages.
  var location: String { get }
}

extension ConsensusLog {
  public func writeSync(_ record: TimedWALMessage) throws(LogError) {
    try write(record)
    try sync()
  }

  public var notice: String? { nil }
  public var location: String { "write-ahead log" }
}

/// A log in memory, for tests.
public final class MemoryLog: ConsensusLog {
  private var stored: [TimedWALMessage] = []

  /// A new log; like every log it starts with the end of height 0.
  public init(records: [TimedWALMessage] = [TimedWALMessage(time: .zero, message: WALMessage(.endHeight(EndHeightRecord(height: 0))))]) {
    stored = records
  }

  /// What was written, oldest first.
  public var records: [TimedWALMessage] { stored }
  public func write(_ record: TimedWALMessage) { stored.append(record) }
  public func sync() {}
  public func records(after height: Int64) -> [TimedWALMessage]? {
    WALCoding.items(after: height, in: stored.map { .record($0) }).map {
      $0.compactMap { if case .record(let record) = $0 { record } else { nil } }
    }
  }
  public func hasEnd(of height: Int64) -> Bool { stored.contains { WALCoding.Item.record($0).endedHeight ?? -1 >= height } }
  public func repair() {}
}
