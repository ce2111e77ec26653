internal import CLinux
internal import CUV
internal import Glibc
internal import Synchronization

/// A file descriptor that is closed with its last reference.
public final class Descriptor: Sendable {
  private let value: Atomic<Int32>

  /// Takes over an open descriptor.
  public init(owning raw: Int32) { value = Atomic(raw) }

  deinit { close() }

  /// The number, or -1 once closed or taken.
  public var raw: Int32 { value.load(ordering: .sequentiallyConsistent) }

  /// Hands the descriptor over: the caller closes it. Nil once closed or taken.
  public func take() -> Int32? {
    let raw = value.exchange(-1, ordering: .sequentiallyConsistent)
    return raw >= 0 ? raw : nil
  }

  /// Closes it now; nothing happens if it was closed or taken.
  public func close() {
    if let raw = take() { _ = Glibc.close(raw) }
  }

  /// A pipe; both ends close on exec.
  public static func pipe() throws(IOError) -> (read: Descriptor, write: Descriptor) {
    var ends: (uv_file, uv_file) = (-1, -1)
    let status = withUnsafeMutableBytes(of: &ends) { uv_pipe($0.baseAddress?.assumingMemoryBound(to: uv_file.self), 0, 0) }
    guard status == 0 else { throw IOError("pipe", uv: status) }
    return (Descriptor(owning: ends.0), Descriptor(owning: ends.1))
  }

  /// Two connected unix stream sockets; both close on exec.
  public static func socketPair() throws(IOError) -> (Descriptor, Descriptor) {
    var ends: (Int32, Int32) = (-1, -1)
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let status = withUnsafeMutableBytes(of: &ends) { socketpair(AF_UNIX, kind, 0, $0.baseAddress?.assumingMemoryBound(to: Int32.self)) }
    guard status == 0 else { throw .system("socketpair", code: errno) }
    return (Descriptor(owning: ends.0), Descriptor(owning: ends.1))
  }

  /// Opens a file; it closes on exec.
  public static func open(_ path: String, flags: Int32, mode: UInt32 = 0o600) throws(IOError) -> Descriptor {
    let raw = Glibc.open(path, flags | O_CLOEXEC, mode)
    guard raw >= 0 else { throw .system("open \(path)", code: errno) }
    return Descriptor(owning: raw)
  }
}
