internal import CLinux
internal import FileSystem
internal import Glibc

/// The node's directory: what lies where in it, and who may use it. Rule: sheet 09 §2.
public struct DataDirectory: Sendable, Hashable {
  /// Absolute.
  public let path: String

  public init(_ path: String) { self.path = path }

  /// Where the node answers its operator, for the owner only.
  public var internalSocket: String { "\(path)/internal.sock" }
  /// The node-wide store.
  public var persistentStore: String { "\(path)/persistent-store.db" }
  /// All of the consensus layer.
  public var consensus: String { "\(path)/consensus" }
  /// The state of the consensus layer.
  public var consensusState: String { "\(path)/consensus/state" }
  /// The engine's stores and its log.
  public var consensusData: String { "\(path)/consensus/data" }
  /// The write-ahead log, a shared format.
  public var consensusWAL: String { "\(path)/consensus/data/cs.wal/wal" }
  /// The double-sign protection file, a shared format.
  public var validatorState: String { "\(path)/consensus/oasis_priv_validator.json" }
  /// All of the ParaTimes.
  public var runtimes: String { "\(path)/runtimes" }
  /// Unpacked bundles, a folder each by the hash of its manifest.
  public var bundles: String { "\(path)/runtimes/bundles" }
  /// Bundles under way; emptied at each start.
  public var temporaryBundles: String { "\(path)/runtimes/tmp/bundles" }
  /// Genesis documents that the node exported.
  public var exports: String { "\(path)/exports" }

  /// The directory of one runtime; `id` in hexadecimal.
  public func runtime(_ id: String) -> String { "\(path)/runtimes/\(id)" }
  /// The folder of a component's log.
  public func runtimeLog(_ id: String, component: String) -> String { "\(path)/runtimes/logs/\(id)/\(component)" }

  /// Creates the directory (0700, parents too) or checks what is there.
  public func prepare() throws(DataDirectoryError) { try DataDirectory.prepare(path) }

  /// Creates `path` with its parents, 0700, or checks that it is a directory of ours with just that mode. A link is refused.
  public static func prepare(_ path: String) throws(DataDirectoryError) {
    var status = stat()
    if lstat(path, &status) != 0 {
      guard errno == ENOENT else { throw .init("common/Mkdir: failed to stat path '\(path)': \(FileError.text(errno))") }
      do throws(FileError) { return try Files.makeFolders(path) } catch { throw .init("common/Mkdir: \(error)") }
    }
    guard status.st_mode & S_IFMT == S_IFDIR else { throw .init("common/Mkdir: path '\(path)' is not a directory") }
    let mode = status.st_mode & 0o777
    guard mode == 0o700 else {
      throw .init("common/Mkdir: path '\(path)' has invalid permissions: -\(words(mode)). Expected permissions: -rwx------")
    }
    guard status.st_uid == geteuid() else {
      throw .init("common/Mkdir: path '\(path)' has invalid owner: \(status.st_uid). Expected owner: \(geteuid())")
    }
  }

  private static func words(_ mode: mode_t) -> String {
    String((0..<9).reversed().map { bit in mode & (1 << bit) == 0 ? "-" : Array("xwr")[bit % 3] })
  }

  /// Takes the directory for this process, for as long as the lock lives.
  ///
  /// The lock file holds the process number of its last owner; the kernel drops the lock with the process, so that a file left after a
  /// kill is no obstacle.
  public func lock() throws(DataDirectoryError) -> DataDirectoryLock {
    let file = "\(path)/lock"
    let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw .init("data directory '\(path)': open \(file): \(FileError.text(errno))") }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      var text = [UInt8](repeating: 0, count: 20)
      let count = max(read(descriptor, &text, text.count), 0)
      close(descriptor)
      guard code == EWOULDBLOCK else { throw .init("data directory '\(path)': lock: \(FileError.text(code))") }
      let owner = String(decoding: text[..<count].prefix { (0x30...0x39).contains($0) }, as: UTF8.self)
      throw .init("data directory '\(path)' is in use by process \(owner.isEmpty ? "unknown" : owner)", owner: Int32(owner))
    }
    let text = Array("\(getpid())\n".utf8)
    guard ftruncate(descriptor, 0) == 0, write(descriptor, text, text.count) == text.count else {
      let reason = FileError.text(errno)
      close(descriptor)
      throw .init("data directory '\(path)': write \(file): \(reason)")
    }
    return DataDirectoryLock(descriptor)
  }
}

/// A data directory that cannot be used; the description is what goes to standard error.
public struct DataDirectoryError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String
  /// The process that holds the directory, where that is the reason.
  public let owner: Int32?

  init(_ description: String, owner: Int32? = nil) { (self.description, self.owner) = (description, owner) }
}

/// Holds a data directory; released with its last reference.
public final class DataDirectoryLock: Sendable {
  private let descriptor: Int32

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }
}
