public import AsyncIO
internal import CLinux
internal import CommandLineTool
internal import Glibc
internal import NodeConfiguration

/// The network's node as a child of the runner.
public struct NodeProcess: Sendable {
  public let child: ChildProcess
  /// Where its lines begin in the log.
  let logStart: Int

  /// The number of the process, for signals.
  public var processID: Int32 { child.processID }

  /// Starts the node of a network; it ends with this process.
  public static func start(_ programs: Programs, _ directory: DemoDirectory) async throws -> NodeProcess {
    let log: Descriptor
    do { log = try Descriptor.open(directory.log, flags: O_WRONLY | O_CREAT | O_APPEND) } catch {
      throw RunnerError("\(directory.log): \(error)")
    }
    let start = lseek(log.raw, 0, SEEK_END)
    let child = try await ChildProcess.spawn(
      ChildConfiguration(
        executable: programs.runner,
        arguments: [
          ChildShim.word, "\(getpid())", programs.node, "--config", directory.configuration, "--debug.dont_blame_oasis",
          "--debug.allow_test_keys",
        ], environment: environment(), workingDirectory: directory.path, descriptors: [.init(log, as: 1), .init(log, as: 2)]))
    return NodeProcess(child: child, logStart: max(0, Int(start)))
  }

  /// Asks the node to stop, and kills it when it does not within `grace`.
  ///
  /// - Returns: how it ended, and whether it had to be killed.
  public func stop(grace: Duration = .seconds(10)) async -> (exit: ChildExit, killed: Bool) {
    if let ended = await child.exit { return (ended, false) }
    await child.signal(SIGTERM)
    let timer = Task {
      guard (try? await IO.sleep(for: grace)) != nil else { return false }
      await child.kill()
      return true
    }
    let ended = await child.wait()
    timer.cancel()
    return (ended, await timer.value)
  }

  /// The runner's own environment.
  private static func environment() -> [String] {
    var out: [String] = []
    var next = environ
    while let entry = next.pointee {
      out.append(String(cString: entry))
      next += 1
    }
    return out
  }
}

/// The runner's other shape: a child between fork and exec, which asks the kernel to end it with its parent, however that ends.
///
/// `posix_spawn` has no such attribute, so the runner starts itself with a word of its own, and becomes the program.
public enum ChildShim {
  static let word = "exec-child"

  /// Becomes the program if the arguments (without the program's name) say so; otherwise returns.
  public static func runIfAsked(_ arguments: [String]) {
    guard arguments.count >= 3, arguments[0] == word, let parent = Int32(arguments[1]) else { return }
    _ = clinux_end_with_parent(SIGTERM)
    if getppid() != parent { exit(1) }  // it ended before the kernel knew
    var words: [UnsafeMutablePointer<CChar>?] = arguments[2...].map { strdup($0) }
    words.append(nil)
    execv(arguments[2], words)
    Console.standard.printError("\(arguments[2]): \(String(cString: strerror(errno)).lowercased())\n")
    exit(127)
  }
}
