internal import CZlib
internal import JSONText

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

  /// The unpacked contents.
  func contents() throws -> [UInt8] {
    let chunks = try ChunkReader(path)
    var bytes: [UInt8] = []
    while case let chunk = try chunks.next(), !chunk.isEmpty { bytes += chunk }
    return bytes
  }

  /// The JSON value of every line, unpacked as it is read.
  func lines() throws -> LineReader { try LineReader(path) }

  func json() throws -> JSONValue {
    do { return try JSONParser.parse(try contents()) } catch { throw ReplayError("\(path): \(error)") }
  }
}

/// Unpacks a gzip file piece by piece; a plain file passes through.
private final class ChunkReader {
  private let path: String
  private let file: gzFile
  private static let size = 1 << 18

  init(_ path: String) throws {
    self.path = path
    guard let file = gzopen(path, "rb") else { throw ReplayError("\(path): cannot be opened") }
    self.file = file
  }

  deinit { gzclose(file) }

  /// The next bytes; none at the end.
  func next() throws -> [UInt8] {
    var count: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: Self.size) { buffer, initialized in
      count = gzread(file, buffer.baseAddress, UInt32(buffer.count))
      initialized = Int(max(count, 0))
    }
    guard count >= 0 else { throw ReplayError("\(path): damaged") }
    var code: Int32 = 0
    if count == 0, gzerror(file, &code) != nil, code == Z_BUF_ERROR { throw ReplayError("\(path): cut off") }
    return bytes
  }
}

/// Parses a plain or gzip file line by line; holds one line and one chunk in memory.
final class LineReader {
  private let path: String
  private let chunks: ChunkReader
  private var chunk: ArraySlice<UInt8> = []

  init(_ path: String) throws { (self.path, chunks) = (path, try ChunkReader(path)) }

  func next() throws -> JSONValue? {
    var line: [UInt8] = []
    while true {
      if let end = chunk.firstIndex(of: UInt8(ascii: "\n")) {
        line += chunk[..<end]
        chunk = chunk[(end + 1)...]
        break
      }
      line += chunk
      chunk = try chunks.next()[...]
      if chunk.isEmpty {
        if line.isEmpty { return nil }
        break
      }
    }
    do { return try JSONParser.parse(line) } catch { throw ReplayError("\(path): \(error)") }
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
