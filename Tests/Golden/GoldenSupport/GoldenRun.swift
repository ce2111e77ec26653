internal import Foundation

/// Runs loaders over a golden tree.
public struct GoldenRun: Sendable {
  let loaders: [any GoldenLoader.Type]

  public init(loaders: [any GoldenLoader.Type]) { self.loaders = loaders }

  /// The files under `root` whose path starts with `only`, in path order. Links are followed.
  public func files(root: String, only: String = "") -> [GoldenFile] {
    var found: [GoldenFile] = []
    collect(root, "", depth: 0, only: only, into: &found)
    return found.sorted { ($0.path, $0.location) < ($1.path, $1.location) }
  }

  private func collect(_ root: String, _ folder: String, depth: Int, only: String, into found: inout [GoldenFile]) {
    guard depth < 16, let names = try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? root : "\(root)/\(folder)") else {
      return
    }
    for name in names where !name.hasPrefix(".") {
      let path = folder.isEmpty ? name : "\(folder)/\(name)"
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: "\(root)/\(path)", isDirectory: &isFolder) else { continue }
      if isFolder.boolValue {
        collect(root, path, depth: depth + 1, only: only, into: &found)
        continue
      }
      let plain = path.hasSuffix(".gz") ? String(path.dropLast(3)) : path
      guard plain.hasPrefix(only), !plain.hasSuffix("README.md") else { continue }
      found.append(GoldenFile(path: plain, location: "\(root)/\(path)", root: root))
    }
  }

  /// The loader of a path, if any. A file that continues another, such as `hashes-2.jsonl`, is read as that one.
  public func loader(of path: String) -> (any GoldenLoader.Type)? {
    func exact(_ path: String) -> (any GoldenLoader.Type)? {
      loaders.first { $0.patterns.contains { Self.matches(path, $0) } }
    }
    if let loader = exact(path) { return loader }
    guard !isCompanion(path), let dot = path.lastIndex(of: ".") else { return nil }
    let stem: Substring = path[..<dot].trimmingSuffix { $0.isASCII && $0.isNumber }
    let base = stem.last.map { "-_.".contains($0) } ?? false ? stem.dropLast() : stem
    return base.endIndex == dot ? nil : exact(String(base) + String(path[dot...]))
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

extension Substring {
  /// What is left without the characters at the end for which `matches` holds.
  fileprivate func trimmingSuffix(_ matches: (Character) -> Bool) -> Substring {
    var rest = self
    while let last = rest.last, matches(last) { rest.removeLast() }
    return rest
  }
}
