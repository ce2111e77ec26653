internal import AsyncIO
internal import CLinux
internal import Glibc

/// How a runtime's process is kept apart from the machine.
public enum SandboxKind: Sendable, Hashable {
  /// Bubblewrap, by the path of its program.
  case bubblewrap(String)
  /// Not at all: for tests and debugging only.
  case none
}

/// What a sandboxed program is and sees (07 B.3).
struct SandboxedProgram: Sendable {
  var executable: String
  /// Variables set for the program.
  var variables: [(name: String, value: String)] = []
  /// Paths of ours that appear writable at other paths inside.
  var writableBinds: [(source: String, target: String)] = []
  var isNetworkAllowed = false
  /// The environment that the sandbox program itself gets and hands on.
  var inherited: [String] = []
}

/// Why a sandbox could not be started; the text stands in the log after `failed to spawn sandbox:`.
struct SandboxError: Error, CustomStringConvertible {
  let description: String
  /// What an operator can do about it.
  var hint: String?
}

extension SandboxedProgram {
  /// The options that make the sandbox, in the reference's order, without those of descriptors.
  func options(libraries: [LibraryResolver.Mount], seccompDescriptor: Int32) -> [String] {
    var options = [
      "--unshare-all", "--cap-drop", "ALL", "--hostname", "oasis-core", "--tmpfs", "/tmp", "--dev", "/dev", "--die-with-parent",
      "--new-session",
      "--chdir", "/", "--ro-bind", executable, "/entrypoint",
    ]
    if isNetworkAllowed { options += ["--share-net", "--ro-bind", "/etc/resolv.conf", "/etc/resolv.conf"] }
    for variable in variables { options += ["--setenv", variable.name, variable.value] }
    for bind in writableBinds { options += ["--dir", Self.folder(of: bind.target), "--bind", bind.source, bind.target] }
    for library in libraries { options += ["--ro-bind", library.path, library.target] }
    return options + ["--symlink", "/usr/lib", "/usr/lib64", "--seccomp", "\(seccompDescriptor)"]
  }

  private static func folder(of path: String) -> String {
    let folder = path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex)
    return folder.isEmpty ? "/" : String(folder)
  }

  /// The child process: Bubblewrap with its options and filter in descriptors, or the program itself.
  ///
  /// Options and filter lie in anonymous files, not in pipes: nobody has to write while the sandbox reads.
  func child(in kind: SandboxKind, output: Descriptor) throws -> ChildConfiguration {
    var descriptors = [ChildConfiguration.Inherited(output, as: 1), ChildConfiguration.Inherited(output, as: 2)]
    guard case .bubblewrap(let binary) = kind else {
      var child = ChildConfiguration(
        executable: executable, environment: variables.map { "\($0.name)=\($0.value)" }, descriptors: descriptors)
      child.endsGroup = true
      return child
    }
    guard access(binary, F_OK) == 0 else {
      throw SandboxError(
        description: "sandbox binary not found",
        hint: "install bubblewrap, or set runtime.sandbox_binary to its program; there is none at \(binary)")
    }
    let resolver = LibraryResolver(searchPath: Self.libraryPath(inherited))
    let libraries: [LibraryResolver.Mount]
    do { libraries = try resolver.mounts(for: executable) } catch {
      throw SandboxError(
        description: "sandbox: failed to resolve libraries: \(error)",
        hint: "install the library that is named on this machine, or link the runtime statically")
    }
    let filter = Descriptor(owning: try SeccompPolicy.export())
    let options = try Self.file(options(libraries: libraries, seccompDescriptor: 4))
    descriptors += [.init(options, as: 3), .init(filter, as: 4)]
    var child = ChildConfiguration(
      executable: binary, arguments: ["--args", "3", "--", "/entrypoint"], environment: inherited, descriptors: descriptors)
    child.endsGroup = true
    return child
  }

  private static func libraryPath(_ environment: [String]) -> [String] {
    guard let entry = environment.first(where: { $0.hasPrefix("LD_LIBRARY_PATH=") }) else { return [] }
    return entry.dropFirst("LD_LIBRARY_PATH=".count).split(separator: ":").map(String.init)
  }

  /// An anonymous file with the options, each ended by a zero byte.
  private static func file(_ options: [String]) throws -> Descriptor {
    let file = Descriptor(owning: SeccompPolicy.memoryFile("options"))
    guard file.raw >= 0 else { throw SystemError("memfd_create") }
    let bytes = options.flatMap { (option: String) -> [UInt8] in Array(option.utf8) + [0] }
    guard write(file.raw, bytes, bytes.count) == bytes.count, lseek(file.raw, 0, SEEK_SET) == 0 else { throw SystemError("write options") }
    return file
  }
}

/// The version of a Bubblewrap program.
public struct BubblewrapVersion: Comparable, Sendable, CustomStringConvertible {
  /// The numbers, most significant first.
  public let numbers: [Int]

  /// The oldest version that is known to work.
  public static let oldest = BubblewrapVersion(numbers: [0, 3, 3])

  init(numbers: [Int]) { self.numbers = numbers }

  /// Reads what `bwrap --version` prints; nil where it is something else.
  public init?(output: String) {
    let words = output.split(whereSeparator: \.isWhitespace)
    guard words.first == "bubblewrap", words.count >= 2 else { return nil }
    let numbers = words[1].split(separator: ".").map { Int($0) }
    guard !numbers.isEmpty, numbers.allSatisfy({ $0 != nil }) else { return nil }
    self.numbers = numbers.compactMap { $0 }
  }

  /// By number.
  public static func < (left: Self, right: Self) -> Bool { left.numbers.lexicographicallyPrecedes(right.numbers) }

  /// The numbers with dots.
  public var description: String { numbers.map(String.init).joined(separator: ".") }

  /// Asks a program for its version, for at most 5 s; nil where it does not say.
  @IO static func ask(_ binary: String) async -> BubblewrapVersion? {
    guard access(binary, X_OK) == 0, let pipe = try? Descriptor.pipe(),
      let child = try? ChildProcess.spawn(
        ChildConfiguration(executable: binary, arguments: ["--version"], descriptors: [.init(pipe.write, as: 1)])),
      let stream = try? ByteStream(pipe.read, name: "bwrap --version")
    else { return nil }
    pipe.write.close()
    let bytes = try? await IO.withTimeout(.seconds(5)) { @IO in
      var bytes: [UInt8] = []
      while bytes.count < 4096 {
        let more = try await stream.read()
        if more.isEmpty { break }
        bytes += more
      }
      return bytes
    }
    child.kill()
    _ = await child.wait()
    return bytes.flatMap { BubblewrapVersion(output: String(decoding: $0, as: UTF8.self)) }
  }
}
