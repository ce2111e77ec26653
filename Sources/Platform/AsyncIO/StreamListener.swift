internal import CUV
internal import Glibc

/// A listening socket. Forgetting the last reference closes it.
public final class StreamListener: Sendable {
  @IO private let core: ListenerCore
  /// The address it listens on; for port 0 the port that the system chose.
  public let address: SocketAddress

  @IO private init(core: ListenerCore, address: SocketAddress) { (self.core, self.address) = (core, address) }

  deinit {
    let core = self.core
    Task { @IO in core.close() }
  }

  /// Binds and listens. A unix socket file gets mode 0600 before anyone can connect; one that exists already is refused (removing a stale
  /// one is the caller's), and closing the listener removes it.
  @IO public static func listen(on address: SocketAddress, backlog: Int32 = 128) throws(IOError) -> StreamListener {
    switch address {
    case .unix(let path):
      guard (1...107).contains(path.utf8.count) else { throw .invalid("socket path '\(path)' must have 1 to 107 bytes") }
      let handle = try StreamCore.pipeHandle()
      let core = ListenerCore(handle.cast())
      try core.check(uv_pipe_bind(handle, path), "listen \(address)")
      guard chmod(path, 0o600) == 0 else {
        let code = errno
        core.close()
        throw .system("chmod \(path)", code: code)
      }
      try core.listen(backlog, "listen \(address)")
      return StreamListener(core: core, address: address)
    case .tcp(let host, let port):
      guard let literal = InternetAddress(host, port: port) else { throw .invalid("'\(host)' is not an IP address") }
      let handle = try StreamCore.tcpHandle()
      let core = ListenerCore(handle.cast())
      try core.check(literal.withSockaddr { uv_tcp_bind(handle, $0, 0) }, "listen \(address)")
      try core.listen(backlog, "listen \(address)")
      var bound = sockaddr_storage()
      var size = Int32(MemoryLayout<sockaddr_storage>.size)
      let actual = withUnsafeMutableBytes(of: &bound) { raw -> SocketAddress? in
        guard let base = raw.baseAddress?.assumingMemoryBound(to: sockaddr.self), uv_tcp_getsockname(handle, base, &size) == 0 else {
          return nil
        }
        return InternetAddress(copying: base, length: Int(size)).text
      }
      return StreamListener(core: core, address: actual ?? address)
    }
  }

  /// The next connection. Throws ``IOError/closed`` when the listener is closed.
  @IO public func accept() async throws(IOError) -> ByteStream {
    ByteStream(core: try await core.accept().get(), peer: address.description)
  }

  /// Takes no more connections; whoever waits for one gets ``IOError/closed``.
  @IO public func close() { core.close() }
}

/// The loop's side of a listener.
@IO final class ListenerCore {
  private let handle: UnsafeMutablePointer<uv_stream_t>
  private var isClosed = false
  private var waiting = 0  // connections that libuv announced and holds until they are accepted
  private var waiter: (id: UInt64, continuation: CheckedContinuation<Result<StreamCore, IOError>, Never>)?
  private var nextID: UInt64 = 0

  init(_ handle: UnsafeMutablePointer<uv_stream_t>) {
    self.handle = handle
    handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
  }

  func check(_ status: Int32, _ operation: String) throws(IOError) {
    if status != 0 {
      close()
      throw IOError(operation, uv: status)
    }
  }

  func listen(_ backlog: Int32, _ operation: String) throws(IOError) {
    try check(
      uv_listen(handle, backlog) { handle, status in
        guard let data = handle?.pointee.data else { return }
        let core = Unmanaged<ListenerCore>.fromOpaque(data).takeUnretainedValue()
        IO.assumeIsolated { core.announced(status) }
        IO.loop.drain()
      }, operation)
  }

  /// libuv announces one connection at a time and stops listening until it is accepted: that is the back-pressure.
  private func announced(_ status: Int32) {
    if status != 0 { return }  // this client failed; libuv goes on with the next
    waiting += 1
    if let waiter {
      self.waiter = nil
      waiter.continuation.resume(returning: take())
    }
  }

  private func take() -> Result<StreamCore, IOError> {
    do throws(IOError) {
      let core: StreamCore
      if handle.pointee.type == UV_TCP {
        let client = try StreamCore.tcpHandle()
        uv_tcp_nodelay(client, 1)
        core = StreamCore(client.cast(), name: "client")
      } else {
        core = StreamCore(try StreamCore.pipeHandle().cast(), name: "client")
      }
      waiting -= 1
      let status = uv_accept(handle, core.handle)
      if status != 0 {
        core.close()
        return .failure(IOError("accept", uv: status))
      }
      return .success(core)
    } catch {
      return .failure(error)
    }
  }

  func accept() async -> Result<StreamCore, IOError> {
    if isClosed { return .failure(.closed) }
    if waiting > 0 { return take() }
    if waiter != nil { return .failure(.busy("accept")) }
    if Task.isCancelled { return .failure(.cancelled) }
    nextID &+= 1  // &+: 2^64 connections do not happen
    let id = nextID
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        // Entering these functions may suspend: what came meanwhile has nobody to wake.
        if isClosed { return continuation.resume(returning: .failure(.closed)) }
        if waiting > 0 { return continuation.resume(returning: take()) }
        if Task.isCancelled { return continuation.resume(returning: .failure(.cancelled)) }
        waiter = (id, continuation)
      }
    } onCancel: {
      Task { @IO in self.cancel(id) }
    }
  }

  private func cancel(_ id: UInt64) {
    guard let waiter, waiter.id == id else { return }
    self.waiter = nil
    waiter.continuation.resume(returning: .failure(.cancelled))
  }

  func close() {
    guard !isClosed else { return }
    isClosed = true
    uv_close(handle.cast()) { handle in
      guard let handle else { return }
      if let data = handle.pointee.data { Unmanaged<ListenerCore>.fromOpaque(data).release() }
      UnsafeMutableRawPointer(handle).deallocate()
    }
    waiter?.continuation.resume(returning: .failure(.closed))
    waiter = nil
  }
}
