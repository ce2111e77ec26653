internal import FileSystem
internal import OasisCrypto
internal import OasisTypes
internal import Bytes
internal import Wire

extension RuntimeBundle {
  /// Where the files of a bundle lie under a folder of bundles (07 A.7).
  public func directory(in bundles: String) -> String { "\(bundles)/\(manifestHash.hex)" }

  /// Unpacks the bundle under a folder and returns the bundle's own folder (07 A.7).
  ///
  /// The folder appears whole or not at all. Where it is already there its files are compared, missing ones written, and a file that
  /// differs is an error.
  @discardableResult
  public func explode(into bundles: String) throws -> String {
    let final = directory(in: bundles)
    do {
      if Files.exists(final) {
        try complete(final)
      } else {
        let temporary = Files.temporaryName(beside: final)
        do {
          try write(to: temporary)
          try Files.rename(temporary, to: final)
          try Files.syncFolder(bundles)
        } catch {
          Files.remove(temporary)
          throw error
        }
      }
    } catch let error as FileError { throw BundleError("failed to explode bundle: \(error)") }
    return final
  }

  private func write(to folder: String) throws {
    try complete(folder)
    try Files.syncFolder(folder)
  }

  private func complete(_ folder: String) throws {
    try makeFolders(folder)
    for name in files.keys.sorted() {
      let path = "\(folder)/\(try fileName(name))"
      guard Files.exists(path) else {
        try writeFile(name, path)
        continue
      }
      guard try Self.digest(ofFile: path) == digest(name) else { throw BundleError("corrupted asset: '\(path)'") }
    }
    try markExecutables(folder)
  }

  private func makeFolders(_ folder: String) throws {
    for path in [folder, "\(folder)/META-INF"] {
      try Files.makeFolder(path)
      try Files.setMode(path, 0o700)
    }
  }

  /// The file that an entry becomes. Opening tolerates names that are no file names (07 corrections); unpacking does not.
  private func fileName(_ name: String) throws(BundleError) -> String {
    if name == Manifest.fileName { return name }
    let last = String(name.split(separator: "/", omittingEmptySubsequences: false).last ?? "")
    if ["", ".", ".."].contains(last) || last.utf8.contains(0) { throw BundleError("failed to explode bundle: '\(name)' is no file name") }
    return last
  }

  private func writeFile(_ name: String, _ path: String) throws {
    let temporary = Files.temporaryName(beside: path)
    do {
      let file = try OpenFile(creating: temporary)
      try stream(name) { try file.write($0.bytes) }
      try file.sync()
      try Files.rename(temporary, to: path)
    } catch {
      Files.remove(temporary)
      throw error
    }
  }

  private func markExecutables(_ folder: String) throws {
    for component in manifest.availableComponents {
      if let executable = component.elfExecutable, files[executable] != nil {
        try Files.setMode("\(folder)/\(fileName(executable))", 0o700)
      }
    }
  }

  private static func digest(ofFile path: String) throws -> Hash {
    let file = try OpenFile(reading: path)
    var hash = SHA512_256()
    while true {
      let piece = try file.next(1 << 16)
      if piece.isEmpty { return hash.hash() }
      piece.withUnsafeBytes { hash.update($0) }
    }
  }

  /// Removes a bundle's folder.
  public static func remove(_ folder: String) { Files.remove(folder) }

  /// Reads the manifest of an unpacked bundle; its files are not checked again.
  public static func manifest(inFolder folder: String, limits: BundleLimits = .init()) throws -> Manifest {
    let path = "\(folder)/\(Manifest.fileName)"
    do {
      return try Manifest(json: Files.read(path, limit: limits.manifest))
    } catch let error as FileError { throw BundleError("failed to read manifest: \(error)") }
  }

  /// Names of the folders in a folder of bundles, sorted.
  public static func folders(in bundles: String) -> [String] { ((try? Files.names(in: bundles)) ?? []).filter { !$0.hasSuffix(".tmp") } }
}

extension RuntimeBundle {
  /// The content of a file that shall go into a bundle.
  public static func contents(ofFile path: String, limits: BundleLimits = .init()) throws -> [UInt8] {
    do { return try Files.read(path, limit: limits.content) } catch {
      throw BundleError("failed to load '\(path)': \(error)")
    }
  }

  /// Writes a bundle: manifest first, then the files by name; mode 0600, whole or not at all (07 A.1).
  ///
  /// The digests of the files are filled in.
  @discardableResult
  public static func write(_ manifest: Manifest, files: [String: [UInt8]], to path: String) throws -> Manifest {
    var manifest = manifest
    if files[Manifest.fileName] != nil { throw BundleError("data contains the manifest") }
    manifest.digests = files.mapValues { Hash.digest($0) }
    do { try manifest.validate() } catch { throw BundleError("malformed manifest: \(error.reason)") }
    let temporary = Files.temporaryName(beside: path)
    do {
      do {
        var writer = ZipWriter(try OpenFile(creating: temporary))
        try writer.add(Manifest.fileName, Array(manifest.jsonText().utf8))
        for (name, content) in files.sorted(by: { $0.key < $1.key }) { try writer.add(name, content) }
        try writer.finish()
        _ = try RuntimeBundle(path: temporary)  // what we write must open
        try Files.rename(temporary, to: path)
        try Files.syncFolder(of: path)
      } catch {
        Files.remove(temporary)
        throw error
      }
    } catch let error as FileError { throw BundleError("failed to write bundle: \(error)") }
    return manifest
  }
}
