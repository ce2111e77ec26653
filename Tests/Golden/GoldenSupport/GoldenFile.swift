internal import CZlib
internal import Foundation
public import JSONText

/// A recorded file under the root of a golden tree. Its path is relative to the root and never ends in `.gz`.
public struct GoldenFile: Sendable {
  /// The path under the root, without `.gz`: `vectors/core/hash.jsonl`.
  public let path: String
  /// Where the file lies.
  public let location: String
  /// The root of the tree.
  public let root: String

  /// A file whose place is known.
  public init(path: String, location: String, root: String) { (self.path, self.location, self.root) = (path, location, root) }

  /// The file's bytes, unpacked where it is a gzip file.
  public func contents() throws -> [UInt8] { try Self.read(location) }

  /// Another file of the tree, by its path under the root, with or without `.gz`; nil where there is none.
  public func neighbour(_ path: String) -> GoldenFile? {
    for location in ["\(root)/\(path)", "\(root)/\(path).gz"] where FileManager.default.fileExists(atPath: location) {
      return GoldenFile(path: path, location: location, root: root)
    }
    return nil
  }

  /// Every line of a JSON lines file, with its number from 1.
  public func lines() throws -> [(number: Int, value: JSONValue)] {
    try contents().split(separator: UInt8(ascii: "\n")).enumerated().map {
      (number: $0.offset + 1, value: try JSONParser.parse(Array($0.element)))
    }
  }

  /// The whole file as one JSON document.
  public func document() throws -> JSONValue { try JSONParser.parse(contents()) }

  /// The bytes of a file, unpacked where its name ends in `.gz`.
  public static func read(_ location: String) throws -> [UInt8] {
    if !location.hasSuffix(".gz") { return [UInt8](try Data(contentsOf: URL(fileURLWithPath: location))) }
    guard let file = gzopen(location, "rb") else { throw GoldenError("\(location): cannot be opened") }
    defer { gzclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = gzread(file, &chunk, UInt32(chunk.count))
      guard count >= 0 else { throw GoldenError("\(location): not a whole gzip file") }
      if count == 0 { return bytes }
      bytes += chunk[..<Int(count)]
    }
  }
}

/// Why a recorded file could not be read, or what differed in a case.
public struct GoldenError: Error, CustomStringConvertible, Sendable {
  public let description: String
  public init(_ description: String) { self.description = description }
}
