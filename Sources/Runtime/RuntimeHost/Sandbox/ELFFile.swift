internal import FileSystem
internal import CLinux
internal import Glibc

/// What a dynamic linker needs to know of an ELF file: its own name and the libraries it wants. 64 bit, little endian.
struct ELFFile {
  let soname: String?
  let needed: [String]

  struct Malformed: Error, CustomStringConvertible {
    let path: String
    let reason: String
    var description: String { "\(path): \(reason)" }
  }

  init(path: String) throws {
    let reader = try Reader(path: path)
    let header = try reader.read(at: 0, count: 64)
    guard header.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1]) else { throw Malformed(path: path, reason: "not a 64-bit ELF file") }
    let (offset, size, count) = (header.word(32, 8), header.word(54, 2), header.word(56, 2))
    guard size >= 56 else { throw Malformed(path: path, reason: "malformed program headers") }
    let table = try reader.read(at: offset, count: size * count)
    var loads: [(address: Int, offset: Int, size: Int)] = []
    var dynamic: (offset: Int, size: Int)?
    for start in stride(from: 0, to: table.count, by: size) {
      let segment = (address: table.word(start + 16, 8), offset: table.word(start + 8, 8), size: table.word(start + 32, 8))
      switch table.word(start, 4) {
      case 1: loads.append(segment)
      case 2: dynamic = (segment.offset, segment.size)
      default: break
      }
    }
    guard let dynamic else {
      (soname, needed) = (nil, [])
      return
    }
    let names = try Self.names(reader.read(at: dynamic.offset, count: dynamic.size))
    guard !names.needed.isEmpty || names.soname != nil else {
      (soname, needed) = (nil, [])
      return
    }
    guard
      let load = loads.first(where: { $0.address >= 0 && $0.address <= names.table && names.table - $0.address < $0.size }),
      case let (place, overflow) = (names.table - load.address).addingReportingOverflow(load.offset), !overflow
    else { throw Malformed(path: path, reason: "malformed dynamic section") }
    let strings = try reader.read(at: place, count: names.tableSize)
    needed = try names.needed.map { try strings.text(at: $0, path) }
    soname = try names.soname.map { try strings.text(at: $0, path) }
  }

  private static func names(_ section: [UInt8]) -> (needed: [Int], soname: Int?, table: Int, tableSize: Int) {
    var result: (needed: [Int], soname: Int?, table: Int, tableSize: Int) = ([], nil, 0, 0)
    for start in stride(from: 0, through: section.count - 16, by: 16) {
      let value = section.word(start + 8, 8)
      switch section.word(start, 8) {
      case 0: return result
      case 1: result.needed.append(value)
      case 5: result.table = value
      case 10: result.tableSize = value
      case 14: result.soname = value
      default: break
      }
    }
    return result
  }

  /// Reads parts of a file; nothing outside of it and not more than 64 MiB.
  private struct Reader: ~Copyable {
    private let file: OpenFile

    init(path: String) throws { file = try OpenFile(reading: path) }

    func read(at offset: Int, count: Int) throws -> [UInt8] {
      guard offset >= 0, count >= 0, count <= 64 << 20 else { throw Malformed(path: file.path, reason: "malformed ELF header") }
      let bytes = try file.read(at: offset, count: count)
      guard bytes.count == count else { throw Malformed(path: file.path, reason: "truncated ELF file") }
      return bytes
    }
  }
}

/// A system call that failed, in the reference's words.
struct SystemError: Error, CustomStringConvertible {
  let operation: String
  let code: Int32

  init(_ operation: String, code: Int32 = errno) { (self.operation, self.code) = (operation, code) }

  var description: String { "\(operation): \(FileError.text(code))" }
}

extension [UInt8] {
  /// A little-endian number of the file; -1 where the array is too short or the number above what fits, so that checks fail.
  fileprivate func word(_ offset: Int, _ bytes: Int) -> Int {
    guard offset >= 0, offset + bytes <= count else { return -1 }
    var value: UInt64 = 0
    for index in 0..<bytes { value |= UInt64(self[offset + index]) << UInt64(8 * index) }
    return Int(exactly: value) ?? -1
  }

  fileprivate func text(at offset: Int, _ path: String) throws -> String {
    guard offset >= 0, offset < count, let end = self[offset...].firstIndex(of: 0) else {
      throw ELFFile.Malformed(path: path, reason: "malformed string table")
    }
    return String(decoding: self[offset..<end], as: UTF8.self)
  }
}
