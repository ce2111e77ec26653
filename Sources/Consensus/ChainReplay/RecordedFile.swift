import CZlib
import JSONText

/// A file of a recorded folder, plain or gzip.
struct RecordedFile {
  let path: String

  /// The file `name` of a folder, or `name.gz`; nil if neither is there.
  init?(_ folder: String, _ name: String) {
    for candidate in ["\(folder)/\(name)", "\(folder)/\(name).gz"] {
      guard let file = gzopen(candidate, "rb") else { continue }
      gzclose(file)
      path = candidate
      return
    }
    return nil
  }

  /// The unpacked contents; `gzread` passes plain files through.
  func contents() throws -> [UInt8] {
    guard let file = gzopen(path, "rb") else { throw ReplayError("\(path): cannot be opened") }
    defer { gzclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count = gzread(file, &chunk, UInt32(chunk.count))
      guard count >= 0 else { throw ReplayError("\(path): damaged") }
      if count == 0 { return bytes }
      bytes += chunk[..<Int(count)]
    }
  }

  /// The JSON value of every line.
  func lines() throws -> LineReader { LineReader(bytes: try contents()[...], path: path) }

  func json() throws -> JSONValue {
    do { return try JSONParser.parse(try contents()) } catch { throw ReplayError("\(path): \(error)") }
  }
}

/// Parses a file line by line.
struct LineReader {
  var bytes: ArraySlice<UInt8>
  let path: String

  mutating func next() throws -> JSONValue? {
    guard !bytes.isEmpty else { return nil }
    let end = bytes.firstIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
    let line = bytes[..<end]
    bytes = bytes[end...].dropFirst()
    do { return try JSONParser.parse([UInt8](line)) } catch { throw ReplayError("\(path): \(error)") }
  }
}

/// A recorded folder that cannot be read.
public struct ReplayError: Error, CustomStringConvertible {
  public var description: String
  init(_ description: String) { self.description = description }
}

extension JSONValue {
  /// A member that must be there.
  func member(_ key: String) throws -> JSONValue {
    guard let value = self[key] else { throw ReplayError("recorded value lacks \(key)") }
    return value
  }

  func text(_ key: String) throws -> String {
    guard let value = try member(key).string else { throw ReplayError("\(key) is not a text") }
    return value
  }

  func number(_ key: String) throws -> Int64 {
    guard let value = try member(key).integer(Int64.self) else { throw ReplayError("\(key) is not an integer") }
    return value
  }
}
