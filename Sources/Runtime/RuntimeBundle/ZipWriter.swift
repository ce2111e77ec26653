internal import CZlib
internal import FileSystem

/// Writes a ZIP archive, deflated, without dates: equal content gives equal bytes.
struct ZipWriter: ~Copyable {
  private let file: OpenFile
  private var offset = 0
  private var directory: [UInt8] = []
  private var count = 0

  init(_ file: consuming OpenFile) { self.file = file }

  mutating func add(_ name: String, _ content: [UInt8]) throws {
    let packed = try Self.deflated(content)
    guard let size = UInt32(exactly: content.count), let packedSize = UInt32(exactly: packed.count), let start = UInt32(exactly: offset)
    else {
      throw BundleError("file '\(name)' is too large for an archive")
    }
    let checksum = UInt32(truncatingIfNeeded: content.withUnsafeBufferPointer { crc32(0, $0.baseAddress, UInt32($0.count)) })
    var common: [UInt8] = []
    for (value, bytes) in [
      (UInt32(20), 2), (0x800, 2), (8, 2), (0, 2), (0x21, 2), (checksum, 4), (packedSize, 4), (size, 4), (UInt32(name.utf8.count), 2),
    ] {
      common.append(value, bytes: bytes)
    }
    common.append(0, bytes: 2)
    var header: [UInt8] = [0x50, 0x4b, 3, 4] + common + Array(name.utf8)
    header += packed
    try file.write(header)
    offset += header.count

    directory += [0x50, 0x4b, 1, 2]
    directory.append(3 << 8 | 20, bytes: 2)  // made on Unix, so that the mode below counts
    directory += common
    for (value, bytes) in [(UInt32(0), 2), (0, 2), (0, 2), (0o100600 << 16, 4), (start, 4)] { directory.append(value, bytes: bytes) }
    directory += Array(name.utf8)
    count += 1
  }

  /// Writes the directory of the archive, and makes all of it durable.
  mutating func finish() throws {
    var end = directory + [0x50, 0x4b, 5, 6]
    let fields: [(UInt32, Int)] = [
      (0, 2), (0, 2), (UInt32(count), 2), (UInt32(count), 2), (UInt32(directory.count), 4), (UInt32(truncatingIfNeeded: offset), 4), (0, 2),
    ]
    for (value, bytes) in fields { end.append(value, bytes: bytes) }
    try file.write(end)
    try file.sync()
  }

  private static func deflated(_ content: [UInt8]) throws -> [UInt8] {
    var stream = z_stream()
    let status = deflateInit2_(
      &stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK, content.count < Int(UInt32.max) else { throw BundleError("content cannot be compressed") }
    defer { deflateEnd(&stream) }
    var content = content
    let bound = Int(deflateBound(&stream, UInt(content.count)))
    return content.withUnsafeMutableBufferPointer { source in
      [UInt8](unsafeUninitializedCapacity: bound) { target, filled in
        stream.next_in = source.baseAddress
        stream.avail_in = UInt32(source.count)
        stream.next_out = target.baseAddress
        stream.avail_out = UInt32(target.count)
        deflate(&stream, Z_FINISH)
        filled = target.count - Int(stream.avail_out)
      }
    }
  }
}

extension [UInt8] {
  fileprivate mutating func append(_ value: UInt32, bytes: Int) {
    for index in 0..<bytes { append(UInt8(truncatingIfNeeded: value >> UInt32(8 * index))) }
  }
}
