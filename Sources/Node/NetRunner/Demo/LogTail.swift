internal import Glibc

/// The end of a log file.
enum LogTail {
  /// The last lines of what was written from `start` on; long ones are cut.
  static func lines(_ path: String, from start: Int, count: Int = 15, width: Int = 400) -> [String] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    let size = Int(lseek(descriptor, 0, SEEK_END))
    let window = 1 << 16
    let offset = max(start, size - window)
    guard size > offset else { return [] }
    var bytes = [UInt8](repeating: 0, count: size - offset)
    let read = pread(descriptor, &bytes, bytes.count, off_t(offset))
    guard read > 0 else { return [] }
    return last(bytes[..<read], isWhole: offset == start, count: count, width: width)
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
