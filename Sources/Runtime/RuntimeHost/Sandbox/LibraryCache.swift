internal import CLinux
internal import Glibc

/// The dynamic linker's own index of libraries, `/etc/ld.so.cache` (07 B.3, format `glibc-ld.so.cache1.1`).
struct LibraryCache {
  /// Candidates by name, best first.
  private(set) var paths: [String: [String]] = [:]

  struct Malformed: Error, CustomStringConvertible {
    var description: String { "malformed ld.so.cache" }
  }

  private struct Entry {
    var name: String
    var path: String
    var hardware: UInt64
    var system: UInt32
  }

  /// Reads the cache; `kernel` is the running kernel's version as the cache counts it.
  init(_ bytes: [UInt8], kernel: UInt32) throws {
    let magic = Array("glibc-ld.so.cache1.1".utf8)
    let old = Array("ld.so-1.7.0".utf8)
    var start = 0
    if bytes.starts(with: old) {
      guard let count = bytes.unsigned(12, 4) else { throw Malformed() }
      start = (16 + Int(count) * 12 + 7) / 8 * 8
    }
    guard start + 48 <= bytes.count, bytes[start..<start + magic.count].elementsEqual(magic),
      let count = bytes.unsigned(start + 20, 4), Int(count) <= (bytes.count - start - 48) / 24
    else { throw Malformed() }
    var entries: [Entry] = []
    for index in 0..<Int(count) {
      if let entry = try Self.entry(bytes, at: start + 48 + 24 * index, base: start, kernel: kernel) { entries.append(entry) }
    }
    entries.sort { ($0.hardware, $0.system) > ($1.hardware, $1.system) }
    for entry in entries { paths[entry.name, default: []].append(entry.path) }
  }

  private static func entry(_ bytes: [UInt8], at offset: Int, base: Int, kernel: UInt32) throws -> Entry? {
    guard let flags = bytes.unsigned(offset, 4), let key = bytes.unsigned(offset + 4, 4), let value = bytes.unsigned(offset + 8, 4),
      let system = bytes.unsigned(offset + 12, 4), let hardware = bytes.unsigned(offset + 16, 8)
    else { throw Malformed() }
    // Only libraries of x86-64 and libc 6. Bit 62 marks variants for newer processors; the plain variant runs on all.
    guard flags & 0x0303 == 0x0303, system <= kernel, hardware >> 62 & 1 == 0 else { return nil }
    let name = try text(bytes, at: base + Int(key))
    return Entry(name: name, path: try text(bytes, at: base + Int(value)), hardware: hardware, system: UInt32(system))
  }

  private static func text(_ bytes: [UInt8], at offset: Int) throws -> String {
    guard offset < bytes.count, let end = bytes[offset...].firstIndex(of: 0) else { throw Malformed() }
    return String(decoding: bytes[offset..<end], as: UTF8.self)
  }

  /// The running kernel's version as three bytes.
  static var runningKernel: UInt32 {
    var name = utsname()
    guard uname(&name) == 0 else { return .max }
    let release = withUnsafePointer(to: &name.release) { $0.withMemoryRebound(to: CChar.self, capacity: 65) { String(cString: $0) } }
    var version: UInt32 = 0
    let numbers = release.split(whereSeparator: { !$0.isNumber }).prefix(3).map { UInt32($0) ?? 0 }
    for index in 0..<3 { version = version << 8 | min(index < numbers.count ? numbers[index] : 0, 255) }
    return version
  }
}

extension [UInt8] {
  fileprivate func unsigned(_ offset: Int, _ bytes: Int) -> UInt64? {
    guard offset >= 0, offset + bytes <= count else { return nil }
    var value: UInt64 = 0
    for index in 0..<bytes { value |= UInt64(self[offset + index]) << UInt64(8 * index) }
    return value
  }
}
