internal import CLinux
internal import Glibc

/// What went wrong with a path, in the words of the reference's operating system errors.
struct FileError: Error, CustomStringConvertible {
  let operation: String
  let path: String
  let code: Int32

  init(_ operation: String, _ path: String) { (self.operation, self.path, code) = (operation, path, errno) }

  var description: String { "\(operation) \(path): \(Self.text(code))" }

  /// The text of an error number in lower case, as Go prints it.
  static func text(_ code: Int32) -> String {
    let text = String(cString: strerror(code))
    return text.prefix(1).lowercased() + text.dropFirst()
  }
}

/// The few file operations that bundles need; every failure names operation and path.
enum Files {
  static func open(_ path: String) throws(FileError) -> Int32 {
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError("open", path) }
    return descriptor
  }

  static func size(_ descriptor: Int32, _ path: String) throws(FileError) -> Int {
    var info = stat()
    guard fstat(descriptor, &info) == 0 else { throw FileError("stat", path) }
    return Int(info.st_size)
  }

  static func exists(_ path: String) -> Bool {
    var info = stat()
    return lstat(path, &info) == 0
  }

  /// Reads at most `count` bytes at an offset; fewer at the end of the file.
  static func read(_ descriptor: Int32, at offset: Int, count: Int, _ path: String) throws(FileError) -> [UInt8] {
    var done = 0
    var failed = false
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while done < count {
        let step = pread(descriptor, buffer.baseAddress.map { $0 + done }, count - done, off_t(offset + done))
        if step < 0, errno == EINTR { continue }
        failed = step < 0
        if step <= 0 { break }
        done += step
      }
      filled = done
    }
    if failed { throw FileError("read", path) }
    return bytes
  }

  /// The whole content of a file.
  static func contents(_ path: String, limit: Int) throws -> [UInt8] {
    let descriptor = try open(path)
    defer { close(descriptor) }
    let size = try size(descriptor, path)
    guard size <= limit else { throw BundleError("file '\(path)' of \(size) bytes exceeds \(limit)") }
    return try read(descriptor, at: 0, count: size, path)
  }

  static func makeDirectory(_ path: String) throws(FileError) {
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw FileError("mkdir", path) }
  }

  /// Makes a folder and those above it.
  static func makeDirectories(_ path: String) throws(FileError) {
    if exists(path) { return }
    if let slash = path.lastIndex(of: "/"), slash > path.startIndex { try makeDirectories(String(path[..<slash])) }
    try makeDirectory(path)
  }

  /// Creates a file that must not exist.
  static func create(_ path: String, mode: mode_t = 0o600) throws(FileError) -> Int32 {
    let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw FileError("open", path) }
    return descriptor
  }

  static func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, _ path: String) throws(FileError) {
    var done = 0
    while done < bytes.count {
      let step = Glibc.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
      if step < 0, errno == EINTR { continue }
      guard step > 0 else { throw FileError("write", path) }
      done += step
    }
  }

  static func sync(_ descriptor: Int32, _ path: String) throws(FileError) {
    guard fsync(descriptor) == 0 else { throw FileError("fsync", path) }
  }

  static func syncDirectory(_ path: String) throws(FileError) {
    let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError("open", path) }
    defer { close(descriptor) }
    try sync(descriptor, path)
  }

  static func rename(_ old: String, _ new: String) throws(FileError) {
    guard Glibc.rename(old, new) == 0 else { throw FileError("rename", old) }
  }

  static func close(_ descriptor: Int32) { _ = Glibc.close(descriptor) }

  static func setMode(_ path: String, _ mode: mode_t) throws(FileError) {
    guard chmod(path, mode) == 0 else { throw FileError("chmod", path) }
  }

  /// Removes a file or a folder with all it holds; what is not there is no error.
  static func remove(_ path: String) {
    var info = stat()
    guard lstat(path, &info) == 0 else { return }
    if info.st_mode & S_IFMT == S_IFDIR {
      for name in names(path) { remove("\(path)/\(name)") }
      rmdir(path)
    } else {
      unlink(path)
    }
  }

  /// Names in a folder, sorted; none where it cannot be read.
  static func names(_ path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// A name that no other process takes, beside `path`.
  static func temporaryName(beside path: String) -> String {
    "\(path).\(getpid()).\(UInt32.random(in: 0...UInt32.max)).tmp"
  }
}
