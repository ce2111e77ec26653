internal import Glibc

/// An open file; it closes when the value goes, and in child processes.
public struct OpenFile: ~Copyable, Sendable {
  /// Where it was opened; errors name it.
  public let path: String
  private let descriptor: Int32

  private init(_ path: String, _ flags: Int32, _ mode: UInt32 = 0o600) throws(FileError) {
    let opened = Glibc.open(path, flags | O_CLOEXEC, mode)
    guard opened >= 0 else { throw FileError("open", path) }
    guard flags & O_NONBLOCK == 0 || Self.hasContent(opened) else {
      _ = Glibc.close(opened)
      throw FileError(path: path, reason: "is a named pipe that nobody writes to, not a file")
    }
    (self.path, descriptor) = (path, opened)
  }

  deinit { if descriptor >= 0 { _ = Glibc.close(descriptor) } }

  /// A file to read. Of a named pipe something must come within seconds: it would be waited for without end.
  public init(reading path: String) throws(FileError) { try self.init(path, O_RDONLY | O_NONBLOCK) }

  /// False only for a named pipe into which nothing comes in time.
  private static func hasContent(_ descriptor: Int32) -> Bool {
    var info = stat()
    guard fstat(descriptor, &info) == 0, info.st_mode & S_IFMT == S_IFIFO else { return true }
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&entry, 1, 5_000) > 0 else { return false }
    _ = fcntl(descriptor, F_SETFL, 0)
    return true
  }

  /// A file that must not exist yet.
  public init(creating path: String, mode: UInt32 = 0o600) throws(FileError) { try self.init(path, O_WRONLY | O_CREAT | O_EXCL, mode) }

  /// A file that is made where there is none, emptied where there is one. A link is refused.
  public init(emptying path: String, mode: UInt32 = 0o600) throws(FileError) {
    try self.init(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode)
  }

  /// A file that is made where there is none; what is written goes to its end.
  public init(appending path: String, mode: UInt32 = 0o600) throws(FileError) { try self.init(path, O_WRONLY | O_CREAT | O_APPEND, mode) }

  /// The size in bytes.
  public func size() throws(FileError) -> Int {
    var info = stat()
    guard fstat(descriptor, &info) == 0 else { throw FileError("stat", path) }
    return Int(info.st_size)
  }

  /// At most `count` bytes from `offset` on; fewer only at the end of the file.
  public func read(at offset: Int, count: Int) throws(FileError) -> [UInt8] {
    guard offset >= 0, count >= 0 else { throw FileError(path: path, reason: "no bytes at \(offset), \(count) of them") }
    var done = 0
    var failure: FileError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while done < count {
        // &+: `offset` plus what a file holds stays far below 2^63, and a bad offset is the system's to refuse.
        let step = pread(descriptor, buffer.baseAddress.map { $0 + done }, count - done, off_t(offset &+ done))
        if step < 0, errno == EINTR { continue }
        if step < 0 { failure = FileError("read", path) }
        if step <= 0 { break }
        done += step
      }
      filled = done
    }
    if let failure { throw failure }
    return bytes
  }

  /// The next bytes from where the last call ended, at most `count`; none at the end of the file. Also for what has no offsets, as a pipe.
  public func next(_ count: Int) throws(FileError) -> [UInt8] {
    var failure: FileError?
    let bytes = [UInt8](unsafeUninitializedCapacity: max(count, 0)) { buffer, filled in
      while true {
        let step = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        if step < 0, errno == EINTR { continue }
        if step < 0 { failure = FileError("read", path) }
        filled = max(step, 0)
        return
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Writes all of `bytes`; after an error some of them may be in the file.
  public func write(_ bytes: RawSpan) throws(FileError) {
    var failure: FileError?
    bytes.withUnsafeBytes { bytes in
      var done = 0
      while done < bytes.count {
        let step = Glibc.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
        if step < 0, errno == EINTR { continue }
        guard step > 0 else {
          failure = FileError("write", path)
          return
        }
        done += step
      }
    }
    if let failure { throw failure }
  }

  /// Writes all of `bytes`.
  public func write(_ bytes: [UInt8]) throws(FileError) { try write(bytes.span.bytes) }

  /// Makes what was written durable.
  public func sync() throws(FileError) { guard fsync(descriptor) == 0 else { throw FileError("fsync", path) } }

  /// Cuts the file to `size` bytes.
  public func truncate(to size: Int) throws(FileError) {
    guard ftruncate(descriptor, off_t(size)) == 0 else { throw FileError("truncate", path) }
  }

  /// Sets the permission bits, whatever the process's mask took from them.
  public func setMode(_ mode: UInt32) throws(FileError) { guard fchmod(descriptor, mode) == 0 else { throw FileError("chmod", path) } }
}
