internal import Glibc

/// What was wrong with a file, and what to do about it.
public struct FileError: Error, Equatable, Sendable, CustomStringConvertible {
  public var path: String
  public var reason: String
  /// The reference's words where they are a contract; they name the path themselves.
  public var words: String?
  public init(path: String, reason: String, words: String? = nil) { (self.path, self.reason, self.words) = (path, reason, words) }
  public var description: String { words.map { "\($0) (\(reason))" } ?? "\(path): \(reason)" }

  /// A private key that others may read. Rule: sheet 09 §2.2.
  static func permissions(_ path: String, mode: UInt32) -> FileError {
    FileError(
      path: path, reason: "a private key must have mode 0600: chmod 600 \(path)",
      words: "signature/signer/file: invalid PEM file permissions \(String(mode, radix: 8)) on \(path)")
  }

  /// The failure of a system call, with the system's own words.
  static func system(_ path: String, _ action: String) -> FileError {
    FileError(path: path, reason: "\(action): \(String(cString: strerror(errno)))")
  }
}

/// Small files that must be whole or absent: keys, descriptors, genesis documents.
public enum SecureFile {
  /// What lies at a path.
  public enum Kind: Equatable, Sendable {
    case absent
    /// A regular file with these permission bits.
    case file(mode: UInt32)
    case other(String)
  }

  /// What lies at `path`, links followed; a link to nothing is not absent.
  public static func kind(of path: String) throws(FileError) -> Kind {
    var status = stat()
    if stat(path, &status) != 0 {
      guard errno == ENOENT else { throw .system(path, "cannot be examined") }
      return lstat(path, &status) == 0 ? .other("a link to a file that is not there") : .absent
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return .file(mode: status.st_mode & 0o7777)
    case S_IFDIR: return .other("a folder")
    default: return .other("not a regular file")
    }
  }

  /// The bytes of a file of at most `limit` bytes.
  public static func read(_ path: String, limit: Int = 1 << 16) throws(FileError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(path, "cannot be opened") }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw .system(path, "cannot be read") }
      if count == 0 { return bytes }
      bytes += chunk[..<count]
      guard bytes.count <= limit else { throw FileError(path: path, reason: "larger than \(limit) bytes") }
    }
  }

  /// Writes a file as a whole: temporary file beside it, fsync, rename, fsync of the folder. An existing file is replaced, or, with
  /// `replace` false, refused.
  public static func write(_ bytes: [UInt8], to path: String, mode: UInt32 = 0o600, replace: Bool = true) throws(FileError) {
    let temporary = "\(path).\(getpid()).new"
    unlink(temporary)
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw .system(temporary, "cannot be created") }
    var failure: FileError?
    do throws(FileError) { try fill(descriptor, bytes, temporary, mode) } catch { failure = error }
    close(descriptor)
    if failure == nil {
      let done = replace ? rename(temporary, path) : link(temporary, path)
      if done != 0 { failure = .system(path, "cannot be written") }
      if !replace { unlink(temporary) }
    }
    if let failure {
      unlink(temporary)
      throw failure
    }
    try syncFolder(of: path)
  }

  private static func fill(_ descriptor: Int32, _ bytes: [UInt8], _ path: String, _ mode: UInt32) throws(FileError) {
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw .system(path, "cannot be written") }
      written += count
    }
    guard fchmod(descriptor, mode) == 0, fsync(descriptor) == 0 else { throw .system(path, "cannot be written") }
  }

  private static func syncFolder(of path: String) throws(FileError) {
    let folder = path.contains("/") ? String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) : "."
    let descriptor = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(folder, "cannot be opened") }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .system(folder, "cannot be synced") }
  }
}
