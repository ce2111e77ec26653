import AsyncIO
import Foundation
import Testing

func temporaryPath(_ name: String) -> String {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("asyncio-\(UUID().uuidString.prefix(8))")
  try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  return folder.appendingPathComponent(name).path
}

@Suite("Streams", .timeLimit(.minutes(5))) struct StreamTests {
  /// Echoes until the end of each of `count` connections.
  @IO static func echo(_ listener: StreamListener, _ count: Int) async throws {
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<count {
        guard let stream = try? await listener.accept() else { return }
        group.addTask {
          while let bytes = try? await stream.read(), !bytes.isEmpty { try? await stream.write(bytes) }
          try? await stream.finishWriting()
        }
      }
    }
  }

  @Test(arguments: ["unix", "tcp"]) func echoes(kind: String) async throws {
    let address = kind == "unix" ? SocketAddress.unix(temporaryPath("s")) : .tcp(host: "127.0.0.1", port: 0)
    let listener = try await StreamListener.listen(on: address)
    if case .unix(let path) = address {
      let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
      #expect(mode == 0o600)
    }
    async let served: Void = Self.echo(listener, 20)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for client in 0..<20 {
        group.addTask {
          let stream = try await ByteStream.connect(to: listener.address)
          let sent = (0..<(300_000 + client)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ client) }
          async let writing: Void = {
            try await stream.write(sent)
            try await stream.finishWriting()
          }()
          var received: [UInt8] = []
          while true {
            let bytes = try await stream.read(upTo: 10_000)
            if bytes.isEmpty { break }
            #expect(bytes.count <= 10_000)
            received += bytes
          }
          try await writing
          #expect(received == sent)
        }
      }
      try await group.waitForAll()
    }
    try await served
    await listener.close()
    await #expect(throws: IOError.closed) { try await listener.accept() }
  }

  @Test func exactReadsAndTheEnd() async throws {
    let (left, right) = try Descriptor.socketPair()
    let (a, b) = (try await ByteStream(left), try await ByteStream(right))
    try await a.write([1, 2, 3, 4, 5])
    #expect(try await b.read(exactly: 2) == [1, 2])
    #expect(try await b.read(upTo: 1) == [3])
    try await a.finishWriting()
    await #expect(throws: IOError.endOfStream) { try await b.read(exactly: 3) }
    #expect(try await b.read() == [])
    try await b.write([9])
    #expect(try await a.read() == [9])
  }

  @Test func cancellationEndsOnlyThatRead() async throws {
    let (left, right) = try Descriptor.socketPair()
    let (a, b) = (try await ByteStream(left), try await ByteStream(right))
    let reading = Task { try await a.read() }
    try await IO.sleep(for: .milliseconds(20))
    reading.cancel()
    await #expect(throws: IOError.cancelled) { try await reading.value }
    try await b.write([7])
    #expect(try await a.read() == [7])
    let other = Task { try await a.read() }
    try await IO.sleep(for: .milliseconds(20))
    await a.close()
    await #expect(throws: IOError.closed) { try await other.value }
    #expect(try await b.read() == [])
  }

  @Test func aForgottenStreamIsClosed() async throws {
    let (left, right) = try Descriptor.socketPair()
    let b = try await ByteStream(right)
    do { _ = try await ByteStream(left) }
    #expect(try await b.read() == [])
  }

  @Test func refusals() async throws {
    let missing = temporaryPath("missing")
    await #expect(throws: IOError.system("dial unix:\(missing)", code: ENOENT)) { try await ByteStream.connect(to: .unix(missing)) }
    await #expect(throws: IOError.self) { try await ByteStream.connect(to: .unix(String(repeating: "x", count: 108))) }
    let listener = try await StreamListener.listen(on: .unix(missing))
    await #expect(throws: IOError.system("listen unix:\(missing)", code: EADDRINUSE)) {
      try await StreamListener.listen(on: .unix(missing))
    }
    _ = listener
    await #expect(throws: IOError.self) { try await ByteStream.connect(to: .tcp(host: "no-such-host.invalid", port: 1)) }
  }

  @Test func pipesCarryBytes() async throws {
    let ends = try Descriptor.pipe()
    let (reader, writer) = (try await ByteStream(ends.read), try await ByteStream(ends.write))
    async let sent: Void = {
      try await writer.write(Array(repeating: 5, count: 1_000_000))
      await writer.close()
    }()
    var total = 0
    while case let bytes = try await reader.read(), !bytes.isEmpty { total += bytes.count }
    try await sent
    #expect(total == 1_000_000)
  }
}

@Suite("Timers and signals", .timeLimit(.minutes(5))) struct TimerTests {
  @Test func sleepsAndTimeouts() async throws {
    let start = ContinuousClock.now
    try await IO.sleep(for: .milliseconds(30))
    #expect(ContinuousClock.now - start >= .milliseconds(30))
    let sleeping = Task { try await IO.sleep(for: .seconds(100)) }
    sleeping.cancel()
    await #expect(throws: IOError.cancelled) { try await sleeping.value }
    await #expect(throws: IOError.timedOut) { try await IO.withTimeout(.milliseconds(10)) { try await IO.sleep(for: .seconds(100)) } }
    #expect(try await IO.withTimeout(.seconds(10)) { 5 } == 5)
  }

  @Test func signalsArrive() async throws {
    signal(SIGUSR1, SIG_IGN)  // until the loop listens, which may take a while
    let events = Signals.events([SIGUSR1])
    let sending = Task {
      while true {
        kill(getpid(), SIGUSR1)
        try await IO.sleep(for: .milliseconds(5))
      }
    }
    var iterator = events.makeAsyncIterator()
    #expect(await iterator.next() == SIGUSR1)
    sending.cancel()
    _ = await sending.result
    withExtendedLifetime((events, iterator)) {}  // none may be on its way when the loop stops listening
  }

  @Test func spawnedTasksPreferTheLoop() async {
    #expect(await IO.spawn { IO.loop.isIsolatingCurrentContext() == true }.value)
  }
}

@Suite("Children", .timeLimit(.minutes(5))) struct ChildTests {
  @Test func descriptorsEnvironmentAndDirectory() async throws {
    let out = try Descriptor.pipe()
    let input = try Descriptor.pipe()
    // Sources sit on each other's targets on purpose.
    let child = try await ChildProcess.spawn(
      .init(
        executable: "/bin/sh", arguments: ["-c", "echo $NAME; pwd; cat <&3; ls /proc/self/fd | tr '\\n' ' '; exit 7"],
        environment: ["NAME=value"],
        workingDirectory: "/usr", descriptors: [.init(out.write, as: 1), .init(input.read, as: 3)]))
    out.write.close()
    input.read.close()
    let writer = try await ByteStream(input.write)
    try await writer.write(Array("through three\n".utf8))
    await writer.close()
    let reader = try await ByteStream(out.read)
    var text: [UInt8] = []
    while case let bytes = try await reader.read(), !bytes.isEmpty { text += bytes }
    #expect(String(decoding: text, as: UTF8.self) == "value\n/usr\nthrough three\n0 1 2 3 4 ")  // 4 is ls's own
    #expect(await child.wait() == .code(7))
    #expect(await child.exit == .code(7))
  }

  @Test func theGroupIsKilled() async throws {
    let out = try Descriptor.pipe()
    let child = try await ChildProcess.spawn(
      .init(
        executable: "/bin/sh", arguments: ["-c", "sleep 100 & echo up; wait"], environment: ["PATH=/bin:/usr/bin"],
        descriptors: [.init(out.write, as: 1)]))
    out.write.close()
    let reader = try await ByteStream(out.read)
    #expect(try await reader.read() == Array("up\n".utf8))
    await child.kill()
    let exit = await child.wait()
    #expect(exit == .signal(SIGKILL))
    #expect(exit.description == "signal: killed")
    #expect(try await reader.read() == [])  // the grandchild held the pipe too
  }

  @Test func missingProgram() async {
    await #expect(throws: IOError.system("fork/exec /no/such", code: ENOENT)) {
      try await ChildProcess.spawn(.init(executable: "/no/such"))
    }
  }

  @Test func noDescriptorLeaks() async throws {
    func count() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count }
    _ = await (try ChildProcess.spawn(.init(executable: "/bin/true"))).wait()
    let before = try count()
    for _ in 0..<50 { _ = await (try ChildProcess.spawn(.init(executable: "/bin/true"))).wait() }
    #expect(try count() <= before + 8)  // other tests run beside this one
  }
}
