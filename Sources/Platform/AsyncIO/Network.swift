internal import CUV
internal import Glibc

/// Where a stream socket listens or connects to.
public enum SocketAddress: Hashable, Sendable, CustomStringConvertible {
  /// A unix socket by path (relative ones from the working directory), at most 107 bytes.
  case unix(String)
  /// A host name or IP address, and a port.
  case tcp(host: String, port: UInt16)

  public var description: String {
    switch self {
    case .unix(let path): "unix:\(path)"
    case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
  }

  fileprivate var checkedPath: String {
    get throws(IOError) {
      guard case .unix(let path) = self else { return "" }
      // libuv would cut a longer one off.
      guard (1...107).contains(path.utf8.count) else { throw .invalid("socket path '\(path)' must have 1 to 107 bytes") }
      return path
    }
  }
}

extension ByteStream {
  /// Connects to `address`; names are resolved, and their addresses tried in order.
  @IO public static func connect(to address: SocketAddress) async throws(IOError) -> ByteStream {
    switch address {
    case .unix:
      let path = try address.checkedPath
      let handle = try StreamCore.pipeHandle()
      let core = StreamCore(handle.cast(), name: address.description)
      let request = ConnectRequest()
      let outcome = await request.wait(closing: core, "dial \(address)") {
        uv_pipe_connect(request.handle, handle, path, ConnectRequest.connected)
        return 0
      }
      return try finish(outcome, core, address)
    case .tcp(let host, let port):
      var last = IOError.resolution(host: host, reason: "no addresses")
      for candidate in try await Resolver.addresses(of: host, port: port) {
        let handle = try StreamCore.tcpHandle()
        let core = StreamCore(handle.cast(), name: address.description)
        uv_tcp_nodelay(handle, 1)
        let request = ConnectRequest()
        let outcome = await request.wait(closing: core, "dial \(address)") {
          candidate.withSockaddr { uv_tcp_connect(request.handle, handle, $0, ConnectRequest.connected) }
        }
        do { return try finish(outcome, core, address) } catch { last = error }
        if last == .cancelled { break }
      }
      throw last
    }
  }

  @IO private static func finish(_ outcome: Result<Void, IOError>, _ core: StreamCore, _ address: SocketAddress) throws(IOError)
    -> ByteStream
  {
    switch outcome {
    case .success: return ByteStream(core: core, peer: address.description)
    case .failure(let error):
      core.close()
      throw Task.isCancelled ? .cancelled : error
    }
  }
}

/// A connection attempt that libuv has not finished.
@IO final class ConnectRequest {
  // Not isolated, since `deinit` frees it; all else uses it on the loop.
  nonisolated(unsafe) let handle: UnsafeMutablePointer<uv_connect_t> = .allocate(capacity: 1)
  private var continuation: CheckedContinuation<Result<Void, IOError>, Never>?
  private var operation = ""

  deinit { handle.deallocate() }

  static let connected: @convention(c) (UnsafeMutablePointer<uv_connect_t>?, Int32) -> Void = { handle, status in
    guard let data = handle?.pointee.data else { return }
    let request = Unmanaged<ConnectRequest>.fromOpaque(data).takeRetainedValue()
    IO.assumeIsolated { request.finish(status) }
    IO.loop.drain()
  }

  func wait(closing core: StreamCore, _ operation: String, start: () -> Int32) async -> Result<Void, IOError> {
    self.operation = operation
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        self.continuation = continuation
        handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
        let status = start()
        if status != 0 {
          Unmanaged.passUnretained(self).release()
          finish(status)
        }
      }
    } onCancel: {
      Task { @IO in core.close() }
    }
  }

  private func finish(_ status: Int32) {
    continuation?.resume(returning: status == 0 ? .success(()) : .failure(IOError(operation, uv: status)))
    continuation = nil
  }
}

/// An IP address with its port, as the system wants it.
struct InternetAddress: Sendable {
  var storage = sockaddr_storage()

  init?(_ host: String, port: UInt16) {
    let ok = withUnsafeMutableBytes(of: &storage) { raw in
      guard let base = raw.baseAddress else { return false }
      return uv_ip4_addr(host, Int32(port), base.assumingMemoryBound(to: sockaddr_in.self)) == 0
        || uv_ip6_addr(host, Int32(port), base.assumingMemoryBound(to: sockaddr_in6.self)) == 0
    }
    if !ok { return nil }
  }

  init(copying address: UnsafePointer<sockaddr>, length: Int) {
    withUnsafeMutableBytes(of: &storage) { raw in
      raw.copyMemory(from: UnsafeRawBufferPointer(start: address, count: min(length, raw.count)))
    }
  }

  func withSockaddr<Value>(_ body: (UnsafePointer<sockaddr>) -> Value) -> Value {
    withUnsafePointer(to: storage) { body(UnsafeRawPointer($0).assumingMemoryBound(to: sockaddr.self)) }
  }

  var text: SocketAddress {
    var name = [CChar](repeating: 0, count: 64)
    return withSockaddr { address in
      _ = uv_ip_name(address, &name, name.count)
      let port =
        address.pointee.sa_family == sa_family_t(AF_INET6)
        ? UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in6.self).sin6_port
        : UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in.self).sin_port
      let length = name.firstIndex(of: 0) ?? name.count
      return .tcp(host: String(decoding: name[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self), port: UInt16(bigEndian: port))
    }
  }
}
