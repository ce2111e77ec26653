import Foundation
import Telemetry
import Testing

@testable import RuntimeHost

@Suite("Library resolution (07 B.3)") struct LibraryTests {
  @Test func findsTheLibrariesOfAProgram() throws {
    let mounts = try LibraryResolver().mounts(for: "/bin/sh")
    #expect(mounts.contains { $0.target == "/usr/lib/libc.so.6" })
    #expect(mounts.contains { $0.target == "/lib64/ld-linux-x86-64.so.2" })
    #expect(mounts.allSatisfy { FileManager.default.fileExists(atPath: $0.path) })
  }

  @Test func scansFoldersWithoutACache() throws {
    let mounts = try LibraryResolver(cachePath: "/no/such/cache").mounts(for: "/bin/sh")
    #expect(mounts.contains { $0.target == "/usr/lib/libc.so.6" })
  }

  @Test func searchPathIsFollowedButNotMounted() throws {
    let mounts = try LibraryResolver(searchPath: ["/lib/x86_64-linux-gnu"]).mounts(for: "/bin/sh")
    #expect(mounts.isEmpty)
  }

  @Test func refusesWhatIsNoProgram() {
    #expect(throws: (any Error).self) { try LibraryResolver().mounts(for: "/etc/passwd") }
    #expect(throws: (any Error).self) { try LibraryResolver().mounts(for: "/no/such/file") }
  }

  @Test func malformedCaches() throws {
    let good = try #require(try LibraryResolver.contents("/etc/ld.so.cache", limit: 1 << 24))
    _ = try LibraryCache(good, kernel: .max)
    for length in stride(from: 0, to: min(good.count, 4000), by: 7) { _ = try? LibraryCache(Array(good[..<length]), kernel: .max) }
    for index in 0..<300 {
      var bytes = good
      bytes[(index &* 2_654_435_761) % bytes.count] ^= 0xff
      bytes[index % 256] ^= 0x55
      _ = try? LibraryCache(bytes, kernel: .max)
    }
  }

  @Test func mutatedPrograms() throws {
    let good = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "/bin/true")))
    let path = NSTemporaryDirectory() + "elf-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    for index in 0..<400 {
      var bytes = good
      bytes[index % 64] = UInt8(truncatingIfNeeded: index &* 197)
      bytes[(64 + index * 3) % 1024] ^= 0xff
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      _ = try? ELFFile(path: path)
    }
  }
}

@Suite("Sandbox options (07 B.3)") struct SandboxOptionTests {
  @Test func options() {
    var program = SandboxedProgram(executable: "/data/runtime.elf")
    program.variables = [("OASIS_WORKER_HOST", "/host.sock")]
    program.writableBinds = [("/tmp/oasis-runtime1/host.sock", "/host.sock")]
    let options = program.options(libraries: [.init(path: "/real/libc.so.6", target: "/usr/lib/libc.so.6")], seccompDescriptor: 4)
    #expect(
      options.joined(separator: " ")
        == "--unshare-all --cap-drop ALL --hostname oasis-core --tmpfs /tmp --dev /dev --die-with-parent --new-session --chdir / "
        + "--ro-bind /data/runtime.elf /entrypoint --setenv OASIS_WORKER_HOST /host.sock --dir / --bind /tmp/oasis-runtime1/host.sock /host.sock "
        + "--ro-bind /real/libc.so.6 /usr/lib/libc.so.6 --symlink /usr/lib /usr/lib64 --seccomp 4")
    program.isNetworkAllowed = true
    #expect(program.options(libraries: [], seccompDescriptor: 4).contains("--share-net"))
  }

  @Test func seccompProgram() throws {
    let descriptor = try SeccompPolicy.export()
    let bytes = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true).readDataToEndOfFile()
    #expect(bytes.count > 500 && bytes.count % 8 == 0)
  }

  @Test func bubblewrapVersions() throws {
    #expect(BubblewrapVersion(output: "bubblewrap 0.8.0\n").map { $0 < .oldest } == false)
    #expect(BubblewrapVersion(output: "bubblewrap 0.3.1").map { $0 < .oldest } == true)
    #expect(BubblewrapVersion(output: "bwrap: error") == nil)
    #expect(BubblewrapVersion(output: "") == nil)
  }
}

@Suite("Restart policy (07 B.2)") struct RestartTests {
  @Test func delaysGrow() {
    var policy = RestartPolicy()
    #expect(policy.next(jitter: 0.5) == .zero)
    #expect(policy.next(jitter: 0.5) == .zero)
    #expect(policy.next(jitter: 0.5) == .milliseconds(500))
    #expect(policy.next(jitter: 0.5) == .milliseconds(750))
    #expect(policy.next(jitter: 0) == .milliseconds(562.5))
    var last = Duration.zero
    var attempts = 0
    while let delay = policy.next(jitter: 0.5), attempts < 1000 { (last, attempts) = (delay, attempts + 1) }
    #expect(last == .seconds(3600))
    #expect((30...60).contains(attempts))  // about a day of them
  }
}

@Suite("Runtime logs (07 E.1)") struct RuntimeLogTests {
  private func lines(_ text: String) -> [RuntimeLog.Line] {
    var log = RuntimeLog(clock: { .init(seconds: 0) })
    return log.lines(adding: Array(text.utf8)) + log.finish()
  }

  @Test func recordedExamples() {
    let line = lines(#"{"msg":"My error","level":"ERRO","ts":"2022-04-28","module":"runtime/protocol","err":"some explanation"}"#)
    #expect(
      line == [
        .init(
          level: .error, module: "runtime/protocol",
          fields: [
            .init("msg", .text("My error")), .init("ts", .text("2022-04-28")), .init("err", .text("some explanation")),
          ])
      ])
    #expect(lines(#"{"msg":"x","level":"INFO","module":"foo"}"#).first?.module == "runtime/foo")
    #expect(lines(#"{"msg":"x","level":"INFO","module":""}"#).first?.module == "runtime")
    #expect(lines(#"{"msg":"x","level":"INFO"}"#).first?.module == "")
  }

  @Test func whatIsNotJSON() {
    let plain = lines("  bwrap: setting up uid map: Permission denied  \n")
    #expect(
      plain == [
        .init(
          level: .warn, module: "runtime",
          fields: [
            .init("ts", .text("1970-01-01T00:00:00Z")), .init("msg", .text("bwrap: setting up uid map: Permission denied")),
          ])
      ])
    #expect(lines("\n").first?.fields.last == .init("msg", .text("")))
    #expect(lines("[1]\n").first?.level == .warn)
  }

  @Test func oddLines() {
    #expect(lines(#"{"msg":3,"level":"INFO"}"#).count == 1)
    let unknown = lines(#"{"msg":"m","level":"CRIT"}"#)
    #expect(unknown.map(\.level) == [.warn, .info])
    var log = RuntimeLog()
    #expect(log.lines(adding: [UInt8](repeating: 0x41, count: 10_001)).count == 1)
    #expect(log.lines(adding: Array("rest\nnext\n".utf8)).map(\.fields.last) == [.init("msg", .text("next"))])
    #expect(log.finish().isEmpty)
  }
}
