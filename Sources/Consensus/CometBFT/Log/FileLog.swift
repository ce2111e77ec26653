internal import Glibc

/// A log in files of a folder: the newest is `wal`, older ones are `wal.000`, `wal.001`, … Rule: engine sheet A15.1.
public final class FileLog: ConsensusLog {
  /// When the newest file becomes an old one, in bytes.
  static let rotationSize = 10 << 20
  /// Old files beyond this total are removed, in bytes.
  static let totalLimit = 1 << 30

  private let folder: String
  private var descriptor: Int32 = -1
  private var buffer: [UInt8] = []
  private var size = 0

  private var head: String { folder + "/wal" }

  /// Opens the log, or makes a new one that starts with the end of height 0.
  public init(folder: String, now: Timestamp) throws(LogError) {
    self.folder = folder
    try Files.makeFolder(folder)
    try openHead()
    if size == 0, try oldFiles().isEmpty {
      try writeSync(TimedWALMessage(time: now, message: WALMessage(.endHeight(EndHeightRecord(height: 0)))))
    }
  }

  deinit {
    try? flush()
    if descriptor >= 0 { _ = close(descriptor) }
  }

  private func openHead() throws(LogError) {
    if descriptor >= 0 { _ = close(descriptor) }
    descriptor = open(head, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Files.failure("open", head) }
    size = Int(max(0, lseek(descriptor, 0, SEEK_END)))
  }

  public func write(_ record: TimedWALMessage) throws(LogError) {
    buffer += try WALCoding.encode(record)
    if buffer.count > 40_960 { try flush() }
  }

  private func flush() throws(LogError) {
    guard !buffer.isEmpty else { return }
    try Files.write(buffer, to: descriptor, head)
    size += buffer.count
    buffer.removeAll(keepingCapacity: true)
  }

  public func sync() throws(LogError) {
    try flush()
    guard fsync(descriptor) == 0 else { throw Files.failure("fsync", head) }
    if size >= Self.rotationSize { try rotate() }
  }

  private func rotate() throws(LogError) {
    let files = try oldFiles()
    let next = (files.last?.index ?? -1) + 1
    let name = head + "." + String(repeating: "0", count: max(0, 3 - String(next).count)) + String(next)
    guard rename(head, name) == 0 else { throw Files.failure("rename", head) }
    try openHead()
    var total = try Files.size(name)
    for file in files { total += try Files.size(file.path) }
    for file in files where total > Self.totalLimit {
      total -= try Files.size(file.path)
      _ = unlink(file.path)
    }
  }

  /// Old files, oldest first.
  private func oldFiles() throws(LogError) -> [(index: Int, path: String)] {
    try Files.names(in: folder).compactMap { name in
      guard name.hasPrefix("wal."), let index = Int(name.dropFirst(4)) else { return nil }
      return (index, folder + "/" + name)
    }.sorted { $0.index < $1.index }
  }

  /// Items of all files from the newest one that has the end of `height`.
  private func items(after height: Int64) throws(LogError) -> [WALCoding.Item]? {
    try flush()
    var later: [WALCoding.Item] = []
    for path in [head] + (try oldFiles()).reversed().map(\.path) {
      let items = WALCoding.decode(try Files.read(path))
      if let found = WALCoding.items(after: height, in: items) { return Array(found) + later }
      if items.contains(where: { Self.isEnd($0, below: height) }) { return nil }
      later = items + later
    }
    return nil
  }

  private static func isEnd(_ item: WALCoding.Item, below height: Int64) -> Bool {
    if case .record(let record) = item, case .endHeight(let end) = record.message?.kind { return end.height > 0 && end.height < height }
    return false
  }

  public func records(after height: Int64) throws(LogError) -> [TimedWALMessage]? {
    guard let items = try items(after: height) else { return nil }
    var records: [TimedWALMessage] = []
    for item in items {
      switch item {
      case .record(let record): records.append(record)
      case .corrupt(let reason): throw .corrupt(reason)
      }
    }
    return records
  }

  public func hasEnd(of height: Int64) throws(LogError) -> Bool { try items(after: height) != nil }

  public func repair() throws(LogError) {
    try flush()
    let bytes = try Files.read(head)
    try Files.replace(head + ".CORRUPTED", with: bytes)
    try Files.replace(head, with: try WALCoding.repaired(bytes))
    try openHead()
  }
}
