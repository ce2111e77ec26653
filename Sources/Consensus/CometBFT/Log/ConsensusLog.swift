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
  /// Whether the end of a height is in the log.
  func hasEnd(of height: Int64) throws(LogError) -> Bool
  /// Keeps what lies before the first damaged record, and a copy of everything.
  func repair() throws(LogError)
}

extension ConsensusLog {
  public func writeSync(_ record: TimedWALMessage) throws(LogError) {
    try write(record)
    try sync()
  }
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
  public func hasEnd(of height: Int64) -> Bool { records(after: height) != nil }
  public func repair() {}
}
