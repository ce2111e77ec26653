internal import CZlib
internal import FileSystem

/// A ZIP archive on disk, read on demand. Written for bundles: no encryption, no archives above 4 GiB.
///
/// Follows the reference's reader (Go's archive/zip) in what it tolerates: bytes before and after the archive, repeated names.
final class ZipArchive: Sendable {
  struct Entry: Sendable {
    let name: String
    let method: UInt16
    let checksum: UInt32
    let packedSize: Int
    let size: Int
    let headerOffset: Int
  }

  enum ZipError: Error, Equatable, CustomStringConvertible {
    case notZip
    case checksum
    case unsupported(String)
    case tooLarge(limit: Int)

    var description: String {
      switch self {
      case .notZip: "zip: not a valid zip file"
      case .checksum: "zip: checksum error"
      case .unsupported(let what): "zip: unsupported \(what)"
      case .tooLarge(let limit): "zip: content exceeds \(limit) bytes"
      }
    }
  }

  let path: String
  let entries: [Entry]
  private let file: OpenFile

  init(path: String, limits: BundleLimits) throws {
    self.path = path
    let file = try OpenFile(reading: path)
    entries = try Self.readDirectory(file, limits)
    self.file = file
  }

  /// Hands out the content of an entry in pieces; fails where it does not match its size or checksum.
  func read(_ entry: Entry, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    let header = try file.read(at: entry.headerOffset, count: 30)
    guard header.count == 30, header.integer(at: 0, bytes: 4) == 0x0403_4b50 else { throw ZipError.notZip }
    let start = entry.headerOffset + 30 + header.integer(at: 26, bytes: 2) + header.integer(at: 28, bytes: 2)
    var checksum = crc32(0, nil, 0)
    var size = 0
    let collect = { (piece: UnsafeRawBufferPointer) throws in
      size += piece.count
      guard size <= entry.size else { throw ZipError.checksum }
      checksum = crc32(checksum, piece.bindMemory(to: UInt8.self).baseAddress, UInt32(piece.count))
      try body(piece)
    }
    switch entry.method {
    case 0: try stored(start, entry.packedSize, collect)
    case 8: try inflated(start, entry.packedSize, collect)
    default: throw ZipError.unsupported("compression algorithm")
    }
    guard size == entry.size, entry.checksum == 0 || UInt32(truncatingIfNeeded: checksum) == entry.checksum else { throw ZipError.checksum }
  }

  private func stored(_ start: Int, _ count: Int, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    var offset = start
    while offset < start + count {
      let piece = try file.read(at: offset, count: min(1 << 16, start + count - offset))
      guard !piece.isEmpty else { throw ZipError.notZip }
      try piece.withUnsafeBytes(body)
      offset += piece.count
    }
  }

  private func inflated(_ start: Int, _ count: Int, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    var stream = z_stream()
    guard inflateInit2_(&stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw ZipError.unsupported("memory")
    }
    defer { inflateEnd(&stream) }
    var output = [UInt8](repeating: 0, count: 1 << 16)
    var offset = start
    var status = Z_OK
    while status != Z_STREAM_END {
      var input = try file.read(at: offset, count: min(1 << 16, start + count - offset))
      guard !input.isEmpty else { throw ZipError.checksum }
      offset += input.count
      var used = 0
      repeat {
        var produced = 0
        (used, produced, status) = input.withUnsafeMutableBufferPointer { source in
          output.withUnsafeMutableBufferPointer { target in
            stream.next_in = source.baseAddress.map { $0 + used }
            stream.avail_in = UInt32(source.count - used)
            stream.next_out = target.baseAddress
            stream.avail_out = UInt32(target.count)
            let status = inflate(&stream, Z_NO_FLUSH)
            return (source.count - Int(stream.avail_in), target.count - Int(stream.avail_out), status)
          }
        }
        guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else { throw ZipError.checksum }
        if produced > 0 { try output[..<produced].withUnsafeBytes(body) }
        if produced < output.count, used == input.count { break }
      } while status != Z_STREAM_END
    }
  }
}

extension ZipArchive {
  private static let endSize = 22

  /// Reads the central directory, which alone says what the archive holds.
  private static func readDirectory(_ file: borrowing OpenFile, _ limits: BundleLimits) throws -> [Entry] {
    let size = try file.size()
    let tailStart = max(0, size - (endSize + 65_535))
    let tail = try file.read(at: tailStart, count: size - tailStart)
    guard let end = findEnd(tail) else { throw ZipError.notZip }
    let records = tail.integer(at: end + 10, bytes: 2)
    let directorySize = tail.integer(at: end + 12, bytes: 4)
    let directoryOffset = tail.integer(at: end + 16, bytes: 4)
    guard records != 0xffff, directorySize != 0xffff_ffff, directoryOffset != 0xffff_ffff else {
      throw ZipError.unsupported("zip64 archive")
    }
    guard records <= limits.files else { throw ZipError.unsupported("number of files: \(records), at most \(limits.files)") }
    let base = tailStart + end - directorySize - directoryOffset
    guard base >= 0, directorySize <= size else { throw ZipError.notZip }
    var start = base + directoryOffset
    // An archive whose offsets already count the bytes before it: the reference looks whether a directory lies at the stated place.
    if base > 0, try file.read(at: directoryOffset, count: 4) == [0x50, 0x4b, 1, 2] { start = directoryOffset }
    let directory = try file.read(at: start, count: min(directorySize, limits.files * 512))
    return try entries(directory, count: records, base: start - directoryOffset, fileSize: size, limits)
  }

  private static func findEnd(_ tail: [UInt8]) -> Int? {
    guard tail.count >= endSize else { return nil }
    for index in stride(from: tail.count - endSize, through: 0, by: -1) where tail.integer(at: index, bytes: 4) == 0x0605_4b50 {
      return index + endSize + tail.integer(at: index + 20, bytes: 2) <= tail.count ? index : nil
    }
    return nil
  }

  private static func entries(_ bytes: [UInt8], count: Int, base: Int, fileSize: Int, _ limits: BundleLimits) throws -> [Entry] {
    var entries: [Entry] = []
    var offset = 0
    var total = 0
    while entries.count < count {
      guard offset + 46 <= bytes.count, bytes.integer(at: offset, bytes: 4) == 0x0201_4b50 else { throw ZipError.notZip }
      let nameLength = bytes.integer(at: offset + 28, bytes: 2)
      let next = offset + 46 + nameLength + bytes.integer(at: offset + 30, bytes: 2) + bytes.integer(at: offset + 32, bytes: 2)
      guard next <= bytes.count else { throw ZipError.notZip }
      if bytes.integer(at: offset + 8, bytes: 2) & 1 != 0 { throw ZipError.unsupported("encryption") }
      let entry = Entry(
        name: String(decoding: bytes[offset + 46..<offset + 46 + nameLength], as: UTF8.self),
        method: UInt16(bytes.integer(at: offset + 10, bytes: 2)), checksum: UInt32(bytes.integer(at: offset + 16, bytes: 4)),
        packedSize: bytes.integer(at: offset + 20, bytes: 4), size: bytes.integer(at: offset + 24, bytes: 4),
        headerOffset: base + bytes.integer(at: offset + 42, bytes: 4))
      guard entry.headerOffset >= 0, entry.headerOffset + entry.packedSize <= fileSize else { throw ZipError.notZip }
      total += entry.size
      guard total <= limits.content else { throw ZipError.tooLarge(limit: limits.content) }
      entries.append(entry)
      offset = next
    }
    return entries
  }
}

extension [UInt8] {
  /// A little-endian integer of up to 4 bytes; the caller has checked that they are there.
  func integer(at offset: Int, bytes: Int) -> Int {
    var value = 0
    for index in 0..<bytes { value |= Int(self[offset + index]) << (8 * index) }
    return value
  }
}
