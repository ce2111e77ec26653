internal import Glibc

/// The few file operations of the engine, with errors that name operation and path.
enum Files {
  static func failure(_ operation: String, _ path: String) -> LogError {
    .file("\(operation) \(path): \(String(cString: strerror(errno)))")
  }

  static func makeFolder(_ path: String) throws(LogError) {
    var prefix = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      prefix += (prefix.isEmpty || prefix == "/" ? "" : "/") + part
      guard mkdir(prefix, 0o700) == 0 || errno == EEXIST else { throw failure("mkdir", prefix) }
    }
  }

  static func names(in folder: String) throws(LogError) -> [String] {
    guard let stream = opendir(folder) else { throw failure("open", folder) }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        })
    }
    return names
  }

  /// Whether there is something of this name, be it a link to nothing.
  static func exists(_ path: String) -> Bool {
    var info = stat()
    return lstat(path, &info) == 0 || errno != ENOENT
  }

  static func size(_ path: String) throws(LogError) -> Int {
    var info = stat()
    guard stat(path, &info) == 0 else { throw failure("stat", path) }
    return Int(info.st_size)
  }

  /// The whole content of a file of at most `limit` bytes.
  static func read(_ path: String, limit: Int) throws(LogError) -> [UInt8] {
    var bytes: [UInt8] = []
    try readPieces(path) { (more) throws(LogError) in
      while true {
        let piece = try more()
        if piece.isEmpty { return }
        bytes += piece
        guard bytes.count <= limit else { throw .file("read \(path): larger than \(limit) bytes") }
      }
    }
    return bytes
  }

  /// Hands out a file's content in pieces of at most 1 MiB; an empty piece is the end.
  static func readPieces(_ path: String, _ body: (@escaping () throws(LogError) -> [UInt8]) throws(LogError) -> Void) throws(LogError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("open", path) }
    defer { _ = close(descriptor) }
    try body { () throws(LogError) in
      var piece = [UInt8](repeating: 0, count: 1 << 20)
      while true {
        let count = Glibc.read(descriptor, &piece, piece.count)
        if count < 0 && errno == EINTR { continue }
        guard count >= 0 else { throw failure("read", path) }
        piece.removeLast(piece.count - count)
        return piece
      }
    }
  }

  static func write(_ bytes: [UInt8], to descriptor: Int32, _ path: String) throws(LogError) {
    var offset = 0
    while offset < bytes.count {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress?.advanced(by: offset), $0.count - offset) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw failure("write", path) }
      offset += count
    }
  }

  /// The name under which `replace` prepares a file.
  static func temporary(_ path: String) -> String { path + ".tmp" }

  /// Puts bytes into a file at once: a crash leaves the old content or the new one. Mode 0600.
  static func replace(_ path: String, with bytes: [UInt8]) throws(LogError) {
    let temporary = temporary(path)
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw failure("open", temporary) }
    do throws(LogError) {
      try write(bytes, to: descriptor, temporary)
      guard fsync(descriptor) == 0 else { throw failure("fsync", temporary) }
    } catch {
      _ = close(descriptor)
      _ = unlink(temporary)
      throw error
    }
    _ = close(descriptor)
    guard rename(temporary, path) == 0 else { throw failure("rename", temporary) }
    try syncFolder(of: path)
  }

  /// Makes the names in a file's folder durable.
  static func syncFolder(of path: String) throws(LogError) {
    let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    let folder = open(parent.isEmpty ? "/" : parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw failure("open", parent) }
    defer { _ = close(folder) }
    guard fsync(folder) == 0 else { throw failure("fsync", parent) }
  }
}
