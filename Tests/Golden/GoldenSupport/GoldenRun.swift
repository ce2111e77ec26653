internal import Foundation

/// Runs loaders over a golden tree.
public struct GoldenRun: Sendable {
  let loaders: [any GoldenLoader.Type]

  public init(loaders: [any GoldenLoader.Type]) { self.loaders = loaders }

  /// The files under `root` whose path starts with `only`, in path order.
  public func files(root: String, only: String = "") -> [GoldenFile] {
    var found: [GoldenFile] = []
    for case let path as String in FileManager.default.enumerator(atPath: root) ?? .init() {
      var isFolder: ObjCBool = false
      _ = FileManager.default.fileExists(atPath: "\(root)/\(path)", isDirectory: &isFolder)
      let name = path.hasSuffix(".gz") ? String(path.dropLast(3)) : path
      guard !isFolder.boolValue, name.hasPrefix(only), !name.hasSuffix("README.md") else { continue }
      found.append(GoldenFile(path: name, location: "\(root)/\(path)", root: root))
    }
    return found.sorted { $0.path < $1.path }
  }

  /// The loader of a path, if any.
  public func loader(of path: String) -> (any GoldenLoader.Type)? {
    loaders.first { $0.patterns.contains { Self.matches(path, $0) } }
  }

  /// Whether some loader reads the file beside another.
  public func isCompanion(_ path: String) -> Bool {
    loaders.contains { $0.companions.contains { Self.matches(path, $0) } }
  }

  /// Checks one file; an unreadable file is one failed case.
  public func run(_ file: GoldenFile, with loader: any GoldenLoader.Type) -> GoldenReport {
    var report = GoldenReport()
    do { try loader.run(file, &report) } catch { report.fail("file", "\(error)") }
    return report
  }

  /// `*` matches any characters but `/`, `**` any.
  static func matches(_ path: String, _ pattern: String) -> Bool {
    func match(_ path: Substring, _ pattern: Substring) -> Bool {
      guard let first = pattern.first else { return path.isEmpty }
      if pattern.hasPrefix("**") { return path.indices.contains { match(path[$0...], pattern.dropFirst(2)) } || pattern.count == 2 }
      if first == "*" {
        var rest = path
        while true {
          if match(rest, pattern.dropFirst()) { return true }
          guard let next = rest.first, next != "/" else { return false }
          rest = rest.dropFirst()
        }
      }
      return path.first == first && match(path.dropFirst(), pattern.dropFirst())
    }
    return match(path[...], pattern[...])
  }
}
