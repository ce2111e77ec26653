internal import FileSystem
internal import Glibc
public import NodeConfiguration

/// Where what lies in a network's directory.
public struct DemoDirectory: Sendable, Hashable {
  /// Absolute.
  public let path: String

  /// - Parameter path: a relative one is taken from the working directory
  public init(_ path: String) throws(RunnerError) {
    self.path = path.hasPrefix("/") ? Self.tidied(path) : Self.tidied("\(try Self.workingDirectory())/\(path)")
  }

  /// Where no directory is named: the network that `make run` made beside the programs' folder, else `~/.oasis-net-runner`.
  public static func standard(_ programs: Programs) throws(RunnerError) -> DemoDirectory {
    let made = try DemoDirectory("\(programs.folder)/../network")
    if made.holdsNetwork { return made }
    guard let home = getenv("HOME").map({ String(cString: $0) }), home.hasPrefix("/") else {
      throw RunnerError("HOME is not set: name the network's directory with --directory")
    }
    return try DemoDirectory("\(home)/.oasis-net-runner")
  }

  /// The genesis document; it is written last.
  public var genesis: String { "\(path)/genesis.json" }
  /// The node's configuration file.
  public var configuration: String { "\(path)/config.yml" }
  /// The entity's key and descriptor: a signer directory as `registry entity init` makes.
  public var entity: String { "\(path)/entity" }
  /// The bundle of the example ParaTime.
  public var bundle: String { "\(path)/\(Programs.runtimeName).orc" }
  /// The node's data directory.
  public var node: DataDirectory { DataDirectory("\(path)/node") }
  /// Where the node answers.
  public var socket: String { node.internalSocket }
  /// Standard output and standard error of the node.
  public var log: String { "\(path)/node.log" }

  /// Whether a network was written here before. The genesis document is written last.
  public var holdsNetwork: Bool { access(genesis, F_OK) == 0 }

  /// Takes the directory for this process, creating it first. A directory that cannot be a network's, or is somebody else's, stays as it is.
  ///
  /// - Throws: where another runner has it, an error that names that process.
  public func lock() throws(RunnerError) -> DataDirectoryLock {
    try checkLength()
    try checkContents()
    try create(path)
    do throws(DataDirectoryError) { return try DataDirectory(path).lock() } catch {
      guard let owner = error.owner else { throw RunnerError(error.description) }
      throw RunnerError("a network runs in \(path) already (process \(owner)): stop it, or name another directory with --directory")
    }
  }

  /// A Unix socket's path has room for 107 bytes.
  private func checkLength() throws(RunnerError) {
    let (longest, count) = (107, socket.utf8.count)
    guard count > longest else { return }
    throw RunnerError("\(socket): too long for a Unix socket (\(count) bytes, at most \(longest)): name a shorter --directory")
  }

  /// Files that are not a network's are not touched, and nothing is written beside them.
  private func checkContents() throws(RunnerError) {
    var status = stat()
    guard stat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFDIR else { throw RunnerError("\(path): not a directory: name another --directory") }
    guard !holdsNetwork else { return }
    guard let stream = opendir(path) else {
      throw RunnerError("\(path): cannot be read: \(String(cString: strerror(errno)).lowercased())")
    }
    defer { closedir(stream) }
    // A start that was cut off leaves some of these, and temporary files named after them.
    let own = ["lock", "entity", "node", "node.log", "config.yml", "genesis.json", "\(Programs.runtimeName).orc"]
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name == "." || name == ".." || own.contains(where: { name == $0 || name.hasPrefix($0 + ".") }) else {
        throw RunnerError("\(path): holds no network, but other files (\(name)): name a new or empty --directory")
      }
    }
  }

  private func create(_ path: String) throws(RunnerError) {
    do throws(FileError) { try Files.makeFolders(path) } catch { throw RunnerError(error.description) }
  }

  private static func workingDirectory() throws(RunnerError) -> String {
    guard let text = getcwd(nil, 0) else { throw RunnerError("the working directory cannot be read: name an absolute --directory") }
    defer { free(text) }
    return String(cString: text)
  }

  /// Without `.`, `..` and doubled slashes.
  private static func tidied(_ path: String) -> String {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }
}
