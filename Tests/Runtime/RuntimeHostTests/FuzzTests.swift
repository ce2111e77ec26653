import Foundation
import FuzzSupport
import Testing

@testable import RuntimeHost

@Suite("ELF files: any input") struct ELFFuzzTests {
  /// A file with two program headers, a dynamic section and its strings.
  private static let good: [UInt8] = {
    var bytes = [UInt8](repeating: 0, count: 400)
    func put(_ value: UInt64, _ size: Int, at offset: Int) {
      for index in 0..<size { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index)) }
    }
    bytes.replaceSubrange(0..<6, with: [0x7f, 0x45, 0x4c, 0x46, 2, 1])
    put(64, 8, at: 32)  // program headers
    put(56, 2, at: 54)
    put(2, 2, at: 56)
    put(1, 4, at: 64)  // load: everything at 0x1000
    put(0x1000, 8, at: 64 + 16)
    put(400, 8, at: 64 + 32)
    put(2, 4, at: 120)  // dynamic
    put(200, 8, at: 120 + 8)
    put(96, 8, at: 120 + 32)
    for (index, entry) in [(1, 1), (1, 9), (5, 0x1000 + 320), (10, 40), (14, 17), (0, 0)].enumerated() {
      put(UInt64(entry.0), 8, at: 200 + 16 * index)
      put(UInt64(entry.1), 8, at: 200 + 16 * index + 8)
    }
    bytes.replaceSubrange(320..<344, with: Array("\0liba.so\0libb.so\0own.so\0".utf8))
    return bytes
  }()

  @Test func areReadOrRefused() async {
    await #expect(processExitsWith: .success) {
      let path = NSTemporaryDirectory() + "elf-\(getpid())"
      defer { unlink(path) }
      func read(_ bytes: [UInt8]) throws -> ELFFile {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        _ = write(file, bytes, bytes.count)
        close(file)
        return try ELFFile(path: path)
      }
      guard let whole = try? read(ELFFuzzTests.good), whole.needed == ["liba.so", "libb.so"] else { fatalError("the good file is refused") }
      let tokens: [[UInt8]] = [
        [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [0, 0, 0, 0, 0, 0, 0, 0x80],
        [0, 0x10, 0, 0, 0, 0, 0, 0], [5, 0, 0, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0],
      ]
      fuzz("ELF files", corpus: [ELFFuzzTests.good], tokens: tokens, limit: 1000) { bytes, number in
        var bytes = bytes
        if number % 2 == 0, bytes.count >= 400 {  // a header field replaced in place
          let place = 32 + 8 * (number / 2 % 46)
          bytes.replaceSubrange(place..<place + 8, with: tokens[number / 92 % tokens.count])
        }
        _ = try read(bytes)
      }
    }
  }
}
