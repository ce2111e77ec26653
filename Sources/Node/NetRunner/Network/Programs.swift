internal import Glibc

/// The programs of a network: they lie in one folder, beside the runner.
public struct Programs: Sendable {
  public var folder: String

  public init(folder: String) { self.folder = folder }

  /// The node's program.
  public var node: String { "\(folder)/oasis-node" }
  /// The example ParaTime's program, from which the bundle is packed.
  public var runtime: String { "\(folder)/\(Self.runtimeName)" }
  /// This program.
  public var runner: String { "\(folder)/oasis-net-runner" }
  public static let runtimeName = "simple-keyvalue"
  /// The sandbox that nodes start runtimes in.
  public static let sandbox = "/usr/bin/bwrap"

  /// The folder of the running program.
  public static func besideThis() throws(RunnerError) -> Programs {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    guard count > 0, count < buffer.count else {
      throw RunnerError("/proc/self/exe: cannot be read, so the other programs cannot be found")
    }
    let path = String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    return Programs(folder: String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
  }

  /// Checks that all are there.
  public func check() throws(RunnerError) {
    for (path, remedy) in [
      (node, "it belongs beside oasis-net-runner ('make build' puts it there)"),
      (runtime, "it belongs beside oasis-net-runner ('make build' puts it there)"),
      (Self.sandbox, "install Bubblewrap: apt-get install bubblewrap"),
    ] where access(path, X_OK) != 0 {
      throw RunnerError("\(path): \(String(cString: strerror(errno)).lowercased()): \(remedy)")
    }
  }
}
