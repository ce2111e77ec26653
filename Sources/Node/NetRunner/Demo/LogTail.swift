internal import FileSystem

/// The end of a log file.
enum LogTail {
  /// The last lines of what was written from `start` on; long ones are cut.
  static func lines(_ path: String, from start: Int, count: Int = 15, width: Int = 400) -> [String] {
    guard let file = try? OpenFile(reading: path), let size = try? file.size() else { return [] }
    let window = 1 << 16
    let offset = max(start, size - window)
    guard size > offset, let bytes = try? file.read(at: offset, count: size - offset) else { return [] }
    return last(bytes[...], isWhole: offset == start, count: count, width: width)
  }

  /// The last lines of a text. Where it does not begin with a line, its first part is left out.
  static func last(_ bytes: ArraySlice<UInt8>, isWhole: Bool, count: Int, width: Int) -> [String] {
    var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true)
    if !isWhole, lines.count > 1 { lines.removeFirst() }
    return lines.suffix(count).map { line in
      let text = String(decoding: line.map { $0 < 0x20 ? 0x20 : $0 }, as: UTF8.self)
      return text.count > width ? text.prefix(width) + "…" : text
    }
  }
}
