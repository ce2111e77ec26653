internal import FileSystem
internal import Glibc

/// A log in files of a folder: the newest is `wal`, older ones are `wal.000`, `wal.001`, … Rule: engine sheet A15.1.
public final class FileLog: ConsensusLog {
  /// When the newest file becomes an old one, in bytes.
  static let rotationSize = 10 << 20
  /// Old files beyond this total are removed, in bytes.
  static let totalLimit = 1 << 30
  /// How far back a search reads, in bytes: far more than one height needs.
  static let searchLimit = 256 << 20

  private let folder: String
  private var file: OpenFile
  private var buffer: [UInt8] = []
  private var size = 0
  /// Where the last call of `records` met damage.
  private var damage: (path: String, offset: Int)?
  public private(set) var notice: String?

  private var head: String { Self.head(folder) }
  private static func head(_ folder: String) -> String { folder + "/wal" }
  public var location: String { head }

  /// Opens the log, or makes a new one that starts with the end of height 0.
  public init(folder: String, now: Timestamp) throws(LogError) {
    self.folder = folder
    file = try logged { () throws(FileError) in
      try Files.makeFolders(folder)
      return try OpenFile(appending: Self.head(folder))
    }
    size = try logged { () throws(FileError) in try file.size() }
    if size == 0, try oldFiles().isEmpty {
      try writeSync(TimedWALMessage(time: now, message: WALMessage(.endHeight(EndHeightRecord(height: 0)))))
      try logged { () throws(FileError) in try Files.syncFolder(of: head) }
    }
  }

  deinit { try? flush() }

  private func openHead() throws(LogError) {
    file = try logged { () throws(FileError) in try OpenFile(appending: head) }
    size = try logged { () throws(FileError) in try file.size() }
  }

  public func write(_ record: TimedWALMessage) throws(LogError) {
    buffer += try WALCoding.encode(record)
    if buffer.count > 40_960 { try flush() }
  }

  /// Writes what waits. After a failure nothing of it is in the file, and nothing is tried again: a record follows whole ones only.
  private func flush() throws(LogError) {
    guard !buffer.isEmpty else { return }
    let bytes = buffer
    buffer.removeAll(keepingCapacity: true)
    do throws(FileError) { try file.write(bytes) } catch {
      try? file.truncate(to: size)
      throw LogError(error)
    }
    size += bytes.count
  }

  public func sync() throws(LogError) {
    try flush()
    try logged { () throws(FileError) in try file.sync() }
    if size >= Self.rotationSize { try rotate() }
  }

  private func rotate() throws(LogError) {
    let files = try oldFiles()
    let next = (files.last?.index ?? -1) + 1
    let name = head + "." + String(repeating: "0", count: max(0, 3 - String(next).count)) + String(next)
    try logged { () throws(FileError) in try Files.rename(head, to: name) }
    try openHead()
    try logged { () throws(FileError) in
      try Files.syncFolder(of: head)
      var total = try Files.size(of: name)
      for file in files { total += try Files.size(of: file.path) }
      for file in files where total > Self.totalLimit {
        total -= try Files.size(of: file.path)
        unlink(file.path)
      }
    }
  }

  /// Old files, oldest first.
  private func oldFiles() throws(LogError) -> [(index: Int, path: String)] {
    try logged { () throws(FileError) in try Files.names(in: folder) }.compactMap { name in
      guard name.hasPrefix("wal."), let index = Int(name.dropFirst(4)), index >= 0, index < 1 << 40 else { return nil }
      return (index, folder + "/" + name)
    }.sorted { $0.index < $1.index }
  }

  // MARK: Searching

  private struct Found {
    var isFound = false
    /// What follows the end that was sought, or all there is.
    var items: [WALCoding.Item] = []
    /// The highest height whose end is in the file.
    var highest: Int64?
    /// The first damage outside of `items`.
    var other: WALDamage?
  }

  private func search(_ path: String, after height: Int64) throws(LogError) -> Found {
    var found = Found()
    var reader = try WALReader(path: path)
    while let item = try reader.next() {
      if let ended = item.endedHeight {
        found.highest = max(found.highest ?? 0, ended)
        if ended == height, !found.isFound {
          for case .corrupt(let damage) in found.items where found.other == nil { found.other = damage }
          (found.isFound, found.items) = (true, [])
          continue
        }
      }
      found.items.append(item)
    }
    return found
  }

  /// Files from the newest to the oldest, as far back as a search goes.
  private func newestFirst() throws(LogError) -> [String] {
    var total = 0
    var paths: [String] = []
    for path in [head] + (try oldFiles()).reversed().map(\.path) {
      total += try logged { () throws(FileError) in try Files.size(of: path) }
      if total > Self.searchLimit { break }
      paths.append(path)
    }
    return paths
  }

  public func records(after height: Int64) throws(LogError) -> [TimedWALMessage]? {
    try flush()
    (damage, notice) = (nil, nil)
    var pieces: [(path: String, items: [WALCoding.Item])] = []
    for path in try newestFirst() {
      let found = try search(path, after: height)
      pieces.append((path, found.items))
      if found.isFound {
        (damage, notice) = (nil, nil)
        if let other = found.other { notice = "\(path): \(other)" }
        return try records(in: pieces.reversed())
      }
      for case .corrupt(let found) in found.items where damage == nil { (damage, notice) = ((path, found.offset), "\(path): \(found)") }
      if let highest = found.highest, highest > 0, highest < height { break }
    }
    return nil
  }

  private func records(in pieces: [(path: String, items: [WALCoding.Item])]) throws(LogError) -> [TimedWALMessage] {
    var records: [TimedWALMessage] = []
    for piece in pieces {
      for item in piece.items {
        switch item {
        case .record(let record): records.append(record)
        case .corrupt(let found):
          damage = (piece.path, found.offset)
          throw .corrupt("\(piece.path): \(found)")
        }
      }
    }
    return records
  }

  public func hasEnd(of height: Int64) throws(LogError) -> Bool {
    try flush()
    for path in try newestFirst() {
      if let highest = try search(path, after: .max).highest, highest > 0 { return highest >= height }
    }
    return false
  }

  /// Cuts the log where `records` met damage. The files with what is cut off stay, with `.CORRUPTED` after their names, or `.CORRUPTED.1`
  /// and so on where such a name is taken: by an older repair, or by this one if it was interrupted.
  public func repair() throws(LogError) {
    try flush()
    guard let (path, offset) = damage else { return }
    damage = nil
    let newer = path == head ? [] : try oldFiles().map(\.path).drop { $0 != path }.dropFirst() + [head]
    try logged { () throws(FileError) in
      let bytes = try Files.read(path, limit: Self.searchLimit)
      try Files.write(bytes, to: Self.unused(path), replace: false)
      // Before the cut, from the newest on: whatever a crash leaves of them, the damage is still before it and found again.
      for file in newer.reversed() { try Files.rename(file, to: Self.unused(file)) }
      try Files.write(Array(bytes.prefix(offset)), to: path)
    }
    try openHead()
  }

  /// A name for what is set aside of a file.
  private static func unused(_ path: String) -> String {
    var (name, number) = (path + ".CORRUPTED", 0)
    while Files.exists(name) {
      number += 1
      name = "\(path).CORRUPTED.\(number)"
    }
    return name
  }
}
