internal import AsyncIO
internal import Glibc
internal import OasisTypes
internal import RuntimeBundle
internal import Synchronization
internal import Telemetry

/// Starts a runtime's process and waits for its connection (07 B.2).
enum RuntimeProcess {
  /// Starts a process, runs `body` with it and its connection, and ends it in any case.
  static func withProcess(
    _ configuration: RuntimeConfiguration, log: Log, _ body: @Sendable (ChildProcess, ByteStream) async throws -> Void
  ) async throws {
    guard let executable = configuration.component.elfExecutable else { throw LaunchError("component has no ELF executable") }
    let folder: String
    do { folder = try makeTemporaryDirectory(in: configuration.temporaryDirectory) } catch {
      throw LaunchError(
        "failed to create temporary directory: \(error)",
        hint: "a socket is made there for each start: set TMPDIR to a folder that exists and can be written; 1 MiB is enough")
    }
    defer { removeFolder(folder) }
    let socket = "\(folder)/host.sock"
    let listener: StreamListener
    do { listener = try await StreamListener.listen(on: .unix(socket)) } catch {
      throw LaunchError("failed to create host socket: \(error)")
    }

    var program = SandboxedProgram(executable: "\(configuration.directory)/\(executable)")
    program.isNetworkAllowed = configuration.component.isNetworkAllowed
    program.inherited = configuration.environment
    switch configuration.sandbox {
    case .bubblewrap:
      program.variables = [("OASIS_WORKER_HOST", "/host.sock")]
      program.writableBinds = [(socket, "/host.sock")]
    case .none: program.variables = [("OASIS_WORKER_HOST", socket)]
    }
    let output: (read: Descriptor, write: Descriptor)
    let process: ChildProcess
    do {
      output = try Descriptor.pipe()
      process = try await ChildProcess.spawn(program.child(in: configuration.sandbox, output: output.write))
    } catch {
      await listener.close()
      throw LaunchError("failed to spawn sandbox: \(error)", hint: (error as? SandboxError)?.hint ?? sandboxHint)
    }
    output.write.close()
    let logs = RuntimeOutput(configuration, log: log)
    let stream: ByteStream
    do { stream = try await ByteStream(output.read, name: "runtime output") } catch {
      await listener.close()
      await process.kill()
      _ = await process.wait()
      throw LaunchError("failed to read what the sandbox prints: \(error)")
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await logs.forward(stream) }
      group.addTask {
        _ = await process.wait()
        await listener.close()  // wakes whoever still waits for a connection
      }
      let result: Result<Void, any Error>
      do {
        let connection = try await connect(listener, process, configuration, log)
        // From here on nobody needs the socket's name: it would be left behind if the node were killed.
        await listener.close()
        removeFolder(folder)
        try await body(process, connection)
        result = .success(())
      } catch {
        await listener.close()
        result = .failure(error)
      }
      await process.kill()
      _ = await process.wait()
      // What the process still had to say arrives now; whoever inherited its output cannot hold us up.
      await drain(logs, stream)
      group.cancelAll()
      do { try result.get() } catch var failure as LaunchError {
        failure.lastWords = logs.lastPlainLine
        throw failure
      }
    }
  }

  private static func removeFolder(_ folder: String) {
    unlink("\(folder)/host.sock")
    rmdir(folder)
  }

  private static func drain(_ logs: RuntimeOutput, _ stream: ByteStream) async {
    for _ in 0..<20 where !logs.isFinished { try? await IO.sleep(for: .milliseconds(5)) }
    await stream.close()
  }

  /// A new folder for one socket.
  private static func makeTemporaryDirectory(in parent: String) throws -> String {
    for _ in 0..<16 {
      let path = "\(parent)/oasis-runtime\(UInt32.random(in: 0...UInt32.max))"
      if mkdir(path, 0o700) == 0 { return path }
      let code = errno
      if code == EEXIST { continue }
      var info = stat()
      if code == ENOENT, stat(parent, &info) != 0 { throw SystemError("stat \(parent)") }
      throw SystemError("mkdir \(path)", code: code)
    }
    throw SystemError("mkdir \(parent)/oasis-runtime", code: EEXIST)
  }

  private static func connect(
    _ listener: StreamListener, _ process: ChildProcess, _ configuration: RuntimeConfiguration, _ log: Log
  ) async throws -> ByteStream {
    log.info("waiting for runtime to connect", ["pid": process.processID])
    let isLate = Atomic(false)
    let stream: ByteStream
    do {
      stream = try await withThrowingTaskGroup(of: ByteStream?.self) { group in
        group.addTask { try await listener.accept() }
        group.addTask {
          try await IO.sleep(for: configuration.timing.connect)
          return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let stream = first else {
          isLate.store(true, ordering: .relaxed)
          await listener.close()
          throw IOError.timedOut
        }
        return stream
      }
    } catch {
      if isLate.load(ordering: .relaxed) {
        throw LaunchError(
          "timed out while waiting for runtime to connect",
          hint: "the runtime runs, but did not connect within \(configuration.timing.connect): see its own lines (module runtime) above")
      }
      guard let exit = await process.exit else { throw LaunchError("failed to accept connection: \(error)") }
      log.warn("runtime ended before it connected", ["status": "\(exit)"])
      throw LaunchError("terminated while waiting for runtime to connect", exit: exit, hint: sandboxHint)
    }
    log.info("runtime connected", ["pid": process.processID])
    return stream
  }

  private static let sandboxHint =
    "see the lines of module runtime above; where bwrap is refused: allow user namespaces (sysctl kernel.unprivileged_userns_clone, "
    + "kernel.apparmor_restrict_unprivileged_userns), under Docker --security-opt seccomp=unconfined --security-opt apparmor=unconfined"
}

/// Why a runtime did not become ready.
struct LaunchError: Error, CustomStringConvertible {
  /// As the reference's log has it.
  let description: String
  /// How the process ended, where that is the reason.
  var exit: ChildExit?
  /// What an operator can do about it.
  var hint: String?
  /// The last line that was no log line of the runtime's own: what the sandbox or the loader said.
  var lastWords: String?

  init(_ description: String, exit: ChildExit? = nil, hint: String? = nil) {
    (self.description, self.exit, self.hint) = (description, exit, hint)
  }

  /// One line for the status: the reason, how the process ended, what it said.
  var summary: String {
    let end = [exit?.description, lastWords].compactMap(\.self).joined(separator: ", ")
    return end.isEmpty ? description : "\(description) (\(end))"
  }
}
