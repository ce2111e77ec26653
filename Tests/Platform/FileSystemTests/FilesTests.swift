import FileSystem
import Glibc
import Testing

/// A folder of its own for a test; goes with it.
final class Scratch {
  let path = "/tmp/file-system-test.\(getpid()).\(UInt32.random(in: 0 ... .max))"
  init() throws { try Files.makeFolder(path) }
  deinit { Files.remove(path) }
  subscript(_ name: String) -> String { "\(path)/\(name)" }
}

@Suite("Files", .timeLimit(.minutes(2))) struct FilesTests {
  let folder: Scratch
  init() throws { folder = try Scratch() }

  @Test func writtenFilesAreReadBack() throws {
    let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }
    try Files.write(bytes, to: folder["a"])
    #expect(try Files.read(folder["a"], limit: bytes.count) == bytes)
    #expect(try Files.kind(of: folder["a"]) == .file(mode: 0o600))
    #expect(try Files.size(of: folder["a"]) == bytes.count)
    try Files.write([1], to: folder["a"], mode: 0o640)
    #expect(try Files.read(folder["a"], limit: 1) == [1])
    #expect(try Files.kind(of: folder["a"]) == .file(mode: 0o640))
    #expect(try Files.names(in: folder.path) == ["a"])
  }

  @Test func aPipeThatNobodyWritesToIsRefused() throws {
    #expect(mkfifo(folder["pipe"], 0o600) == 0)
    #expect(throws: FileError(path: folder["pipe"], reason: "is a named pipe that nobody writes to, not a file")) {
      try Files.read(folder["pipe"])
    }
  }

  @Test func aFileAboveTheLimitIsRefused() throws {
    try Files.write([1, 2, 3], to: folder["a"])
    #expect(throws: FileError(path: folder["a"], reason: "larger than 2 bytes")) { try Files.read(folder["a"], limit: 2) }
  }

  @Test func writingCanRefuseToReplace() throws {
    try Files.write([1], to: folder["a"], replace: false)
    let error = #expect(throws: FileError.self) { try Files.write([2], to: folder["a"], replace: false) }
    #expect(error?.description == "link \(folder["a"]): file exists")
    #expect(try Files.read(folder["a"], limit: 9) == [1])
    #expect(try Files.names(in: folder.path) == ["a"])
  }

  @Test func aFailedWriteLeavesNothing() throws {
    try Files.makeFolder(folder["a"])
    let error = #expect(throws: FileError.self) { try Files.write([2], to: folder["a"], temporary: folder["t"]) }
    #expect(error?.operation == "rename")
    #expect(try Files.names(in: folder.path) == ["a"])
    #expect(try Files.kind(of: folder["a"]) == .other("a folder"))
  }

  @Test func aTemporaryLinkIsNotFollowed() throws {
    try Files.write([7], to: folder["victim"])
    #expect(symlink(folder["victim"], folder["t"]) == 0)
    #expect(throws: FileError.self) { try Files.write([2], to: folder["a"], temporary: folder["t"]) }
    #expect(try Files.read(folder["victim"], limit: 9) == [7])
  }

  @Test func errorsNameOperationPathAndReason() {
    let error = #expect(throws: FileError.self) { try Files.read(folder["none"], limit: 1) }
    #expect(error?.description == "open \(folder["none"]): no such file or directory")
    #expect(error?.isAbsent == true)
    #expect(throws: FileError.self) { try Files.names(in: folder["none"]) }
    #expect(throws: FileError.self) { try Files.read(folder.path, limit: 1) }
  }

  @Test func kindsAreToldApart() throws {
    #expect(try Files.kind(of: folder["none"]) == .absent)
    #expect(!Files.exists(folder["none"]))
    #expect(symlink(folder["nowhere"], folder["link"]) == 0)
    #expect(try Files.kind(of: folder["link"]) == .other("a link to a file that is not there"))
    #expect(Files.exists(folder["link"]))
    #expect(try Files.kind(of: "/dev/null") == .other("not a regular file"))
  }

  @Test func removingDoesNotFollowLinks() throws {
    try Files.makeFolders(folder["deep/er/est"])
    try Files.write([1], to: folder["deep/er/file"])
    try Files.write([1], to: folder["file"])
    #expect(symlink(folder.path, folder["deep/er/up"]) == 0)
    Files.remove(folder["deep"])
    #expect(try Files.names(in: folder.path) == ["file"])
    Files.remove(folder["deep"])
  }

  @Test func piecesOfAFile() throws {
    try Files.write(Array(0..<100), to: folder["a"])
    let file = try OpenFile(reading: folder["a"])
    #expect(try file.read(at: 90, count: 20) == Array(90..<100))
    #expect(try file.read(at: 1000, count: 20) == [])
    #expect(throws: FileError.self) { try file.read(at: -1, count: 20) }
    #expect(try file.next(60) == Array(0..<60))
    #expect(try file.next(60) == Array(60..<100))
    #expect(try file.next(60) == [])
    #expect(try file.size() == 100)
  }

  @Test func appendingAndCutting() throws {
    let file = try OpenFile(appending: folder["a"])
    try file.write([1, 2, 3])
    try file.truncate(to: 1)
    try file.write([9])
    try file.sync()
    #expect(try Files.read(folder["a"], limit: 9) == [1, 9])
    #expect(throws: FileError.self) { _ = try OpenFile(creating: folder["a"]) }
    _ = try OpenFile(emptying: folder["a"])
    #expect(try Files.size(of: folder["a"]) == 0)
  }
}
