import Bytes
import Foundation
import Testing

/// The release program: `OASIS_GUEST` names it, or the folder `OASIS_BIN` of `make test` holds it.
let guestProgram: String? = {
  let environment = ProcessInfo.processInfo.environment
  let path = environment["OASIS_GUEST"] ?? environment["OASIS_BIN"].map { "\($0)/simple-keyvalue" }
  return path.flatMap { FileManager.default.isExecutableFile(atPath: $0) ? $0 : nil }
}()

/// What an ELF program of 64 bits asks its loader for.
struct DynamicSection {
  /// Names of needed libraries.
  private(set) var needed: [String] = []
  /// The loader itself.
  private(set) var interpreter = ""

  struct Malformed: Error {}
  private let file: [UInt8]

  init(_ file: [UInt8]) throws {
    self.file = file
    guard file.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1]) else { throw Malformed() }
    var loaded: [(address: Int, offset: Int, size: Int)] = []
    var entries: [(tag: Int, value: Int)] = []
    let (start, size, count) = (try word(32), try short(54), try short(56))
    for index in 0..<count {
      let header = start + index * size
      let (offset, address, length) = (try word(header + 8), try word(header + 16), try word(header + 32))
      switch try int(header) {
      case 1: loaded.append((address, offset, length))
      case 2:
        for place in stride(from: offset, to: offset + length, by: 16) { entries.append((try word(place), try word(place + 8))) }
      case 3: interpreter = try text(offset)
      default: break
      }
    }
    guard let table = entries.first(where: { $0.tag == 5 })?.value,
      let segment = loaded.first(where: { $0.address <= table && table < $0.address + $0.size })
    else { throw Malformed() }
    needed = try entries.filter { $0.tag == 1 }.map { try text(table - segment.address + segment.offset + $0.value) }
  }

  private func number(_ offset: Int, _ count: Int) throws -> Int {
    guard offset >= 0, offset + count <= file.count else { throw Malformed() }
    return file[offset..<offset + count].reversed().reduce(0) { $0 << 8 | Int($1) }
  }
  private func word(_ offset: Int) throws -> Int { try number(offset, 7) }
  private func int(_ offset: Int) throws -> Int { try number(offset, 4) }
  private func short(_ offset: Int) throws -> Int { try number(offset, 2) }
  private func text(_ offset: Int) throws -> String {
    guard file.indices.contains(offset) else { throw Malformed() }
    return String(decoding: file[offset...].prefix { $0 != 0 }, as: UTF8.self)
  }
}

@Suite(.enabled(if: guestProgram != nil, "needs the release programs: 'make test'")) struct GuestProgramTests {
  /// The sandbox binds what the host has: the program may need nothing but the C and C++ runtime.
  @Test func needsNothingThatAMachineLacks() throws {
    let section = try DynamicSection([UInt8](Data(contentsOf: URL(fileURLWithPath: try #require(guestProgram)))))
    let allowed = ["libc.", "libm.", "libgcc_s.", "libstdc++.", "libpthread.", "libdl.", "librt.", "ld-linux"]
    for name in section.needed { #expect(allowed.contains { name.hasPrefix($0) }, "needs \(name)") }
    #expect(section.needed.contains { $0.hasPrefix("libc.") })
    #expect(section.interpreter.hasPrefix("/lib"))
  }
}
