internal import Glibc

/// Files and folders as wholes: read with a bound, written so that a crash leaves the old content or the new.
public enum Files {
  // MARK: Looking

  /// What lies at a path.
  public enum Kind: Equatable, Sendable {
    case absent
    /// A regular file with these permission bits.
    case file(mode: UInt32)
    /// Something else, in words: "a folder", "a link to a file that is not there".
    case other(String)
  }

  /// What lies at `path`, links followed; a link to nothing is not absent.
  public static func kind(of path: String) throws(FileError) -> Kind {
    var status = stat()
    if stat(path, &status) != 0 {
      guard errno == ENOENT else { throw FileError("stat", path) }
      return lstat(path, &status) == 0 ? .other("a link to a file that is not there") : .absent
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return .file(mode: status.st_mode & 0o7777)
    case S_IFDIR: return .other("a folder")
    default: return .other("not a regular file")
    }
  }

  /// Whether anything has this name, be it a link to nothing; also where that cannot be told.
  public static func exists(_ path: String) -> Bool {
    var info = stat()
    return lstat(path, &info) == 0 || errno != ENOENT
  }

  /// The size of a file in bytes, links followed.
  public static func size(of path: String) throws(FileError) -> Int {
    var info = stat()
    guard stat(path, &info) == 0 else { throw FileError("stat", path) }
    return Int(info.st_size)
  }

  /// The names in a folder, sorted.
  public static func names(in folder: String) throws(FileError) -> [String] {
    guard let stream = opendir(folder) else { throw FileError("open", folder) }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  // MARK: Reading and writing

  /// The bytes of a file of at most `limit` bytes, 64 KiB where nothing else is said.
  public static func read(_ path: String, limit: Int = 1 << 16) throws(FileError) -> [UInt8] {
    let file = try OpenFile(reading: path)
    var bytes: [UInt8] = []
    while true {
      let piece = try file.next(1 << 16)
      if piece.isEmpty { return bytes }
      bytes += piece
      guard bytes.count <= limit else { throw FileError(path: path, reason: "larger than \(limit) bytes") }
    }
  }

  /// Writes a file as a whole: a temporary file beside it, fsync, rename, fsync of the folder.
  ///
  /// - Parameters:
  ///   - replace: whether a file that is there is replaced; otherwise it is an error.
  ///   - temporary: the temporary file, for an owner that looks for what a crash left; by default a name nobody else takes.
  public static func write(
    _ bytes: [UInt8], to path: String, mode: UInt32 = 0o600, replace: Bool = true, temporary: String? = nil
  ) throws(FileError) {
    let (isNamed, temporary) = (temporary != nil, temporary ?? temporaryName(beside: path))
    do throws(FileError) {
      let file = try OpenFile(emptying: temporary, mode: mode)
      try file.setMode(mode)  // before the content: a file that a crash left may be open to others
      try file.write(bytes)
      try file.sync()
      if replace { try rename(temporary, to: path) } else { guard link(temporary, path) == 0 else { throw FileError("link", path) } }
    } catch {
      unlink(temporary)
      var error = error
      if error.path == temporary, !isNamed { error.path = path }  // the name that the caller knows
      throw error
    }
    if !replace { unlink(temporary) }
    try syncFolder(of: path)
  }

  /// A name beside `path` that no other process takes; it ends in `.tmp`.
  public static func temporaryName(beside path: String) -> String { "\(path).\(getpid()).\(UInt32.random(in: 0 ... .max)).tmp" }

  // MARK: Names and folders

  /// Gives a file or folder another name; a file of that name goes.
  public static func rename(_ old: String, to new: String) throws(FileError) {
    guard Glibc.rename(old, new) == 0 else { throw FileError("rename", old) }
  }

  /// Makes the names in the folder of `path` durable.
  public static func syncFolder(of path: String) throws(FileError) {
    guard let slash = path.lastIndex(of: "/") else { return try syncFolder(".") }
    try syncFolder(slash == path.startIndex ? "/" : String(path[..<slash]))
  }

  /// Makes the names in a folder durable.
  public static func syncFolder(_ folder: String) throws(FileError) { try OpenFile(reading: folder).sync() }

  /// Makes a folder, 0700, and those above it; one that is there stays as it is.
  public static func makeFolders(_ path: String) throws(FileError) {
    var made = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      made += "/\(part)"
      guard mkdir(made, 0o700) == 0 || errno == EEXIST else { throw FileError("mkdir", made) }
    }
  }

  /// Makes a folder, 0700; one that is there stays as it is.
  public static func makeFolder(_ path: String) throws(FileError) {
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw FileError("mkdir", path) }
  }

  /// Sets the permission bits of a file or folder.
  public static func setMode(_ path: String, _ mode: UInt32) throws(FileError) {
    guard chmod(path, mode) == 0 else { throw FileError("chmod", path) }
  }

  /// Removes a file, or a folder with all it holds, as far as it can; links are removed, not followed.
  public static func remove(_ path: String) {
    var info = stat()
    guard lstat(path, &info) == 0 else { return }
    guard info.st_mode & S_IFMT == S_IFDIR else {
      unlink(path)
      return
    }
    for name in (try? names(in: path)) ?? [] { remove("\(path)/\(name)") }
    rmdir(path)
  }
}
