internal import FileSystem
internal import CLinux
internal import Glibc

/// Finds the libraries that a program needs, without running it (07 B.3).
struct LibraryResolver {
  /// A library and where the sandbox shows it.
  struct Mount: Hashable {
    var path: String
    var target: String
  }

  struct NotFound: Error, CustomStringConvertible {
    let name: String
    let user: String
    var description: String { "library '\(name)', needed by \(user), not found" }
  }

  /// The linker's index; where there is none the usual folders are searched.
  var cachePath = "/etc/ld.so.cache"
  /// Folders whose libraries are followed but not mounted.
  var searchPath: [String] = []

  static let folders = [
    "/lib", "/usr/local/lib", "/usr/lib", "/lib64", "/usr/lib64", "/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu",
  ]

  /// The mounts for a program, sorted by path.
  func mounts(for executable: String) throws -> [Mount] {
    let index = try readIndex()
    var queue = [executable]
    var seen: Set<String> = []
    var mounts: Set<Mount> = []
    while !queue.isEmpty {
      let user = queue.removeFirst()
      for name in try ELFFile(path: user).needed where name != "linux-vdso.so.1" && seen.insert(name).inserted {
        if let path = searchPath.map({ "\($0)/\(name)" }).first(where: isLibrary) {
          queue.append(path)
          continue
        }
        guard let path = index[name]?.first(where: isLibrary), let real = realPath(path) else { throw NotFound(name: name, user: user) }
        mounts.insert(Mount(path: real, target: name.hasPrefix("ld-linux") ? "/lib64/\(name)" : "/usr/lib/\(name)"))
        queue.append(real)
      }
    }
    return mounts.sorted { ($0.path, $0.target) < ($1.path, $1.target) }
  }

  private func isLibrary(_ path: String) -> Bool {
    access(path, R_OK) == 0 && (try? ELFFile(path: path)) != nil
  }

  private func realPath(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }

  private func readIndex() throws -> [String: [String]] {
    if let bytes = try Self.contents(cachePath, limit: 64 << 20) {
      return try LibraryCache(bytes, kernel: LibraryCache.runningKernel).paths
    }
    var index: [String: [String]] = [:]
    for folder in try musl() ?? Self.folders {
      for name in (try? Files.names(in: folder)) ?? [] where name.contains(".so") {
        let path = "\(folder)/\(name)"
        if let library = try? ELFFile(path: path) { index[library.soname ?? name, default: []].append(path) }
      }
    }
    return index
  }

  private func musl() throws -> [String]? {
    try Self.contents("/etc/ld-musl-x86_64.path", limit: 1 << 20).map {
      String(decoding: $0, as: UTF8.self).split(whereSeparator: { $0 == ":" || $0 == "\n" }).map(String.init)
    }
  }

  /// A whole file; nil where there is none.
  static func contents(_ path: String, limit: Int) throws -> [UInt8]? {
    do throws(FileError) { return try Files.read(path, limit: limit) } catch {
      if error.isAbsent { return nil }
      throw error
    }
  }
}
