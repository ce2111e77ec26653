public import ConsensusApp
internal import Foundation
internal import MKVSDatabase
internal import OasisTypes
internal import RocksDBStore

/// A state database on disk in a new temporary directory, which ``remove()`` takes away.
public final class TemporaryState: Sendable {
  /// Under the directory for temporary files (`TMPDIR`).
  public let directory: String
  private let rocksDB: RocksDBStore
  /// For ``ChainReplay``.
  public let store: MKVSStateStore

  /// - Throws: ``ReplayError`` if the directory cannot be made, or the store's error.
  public init() throws {
    let folder = ProcessInfo.processInfo.environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
    var template = Array("\(folder)/oasis-replay.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw ReplayError("\(folder): no temporary directory for the state (\(String(cString: strerror(errno)))); set TMPDIR to another")
    }
    directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    do {
      rocksDB = try RocksDBStore(directory: "\(directory)/state.rocksdb.db")
      var options = NodeDatabase.Options()
      options.discardWriteLogs = true
      store = MKVSStateStore(try NodeDatabase(store: rocksDB, namespace: Namespace(), options: options))
    } catch {
      try? FileManager.default.removeItem(atPath: directory)
      throw error
    }
  }

  /// What the files hold, in bytes.
  public var size: Int {
    let paths = FileManager.default.enumerator(atPath: directory)?.compactMap { $0 as? String } ?? []
    return paths.reduce(0) { sum, path in
      var status = stat()
      return lstat("\(directory)/\(path)", &status) == 0 ? sum + Int(status.st_blocks) * 512 : sum
    }
  }

  /// Removes the directory with everything in it; the state is gone afterwards.
  public func remove() {
    try? FileManager.default.removeItem(atPath: directory)
  }
}
