internal import CLinux
internal import CUV
internal import Glibc

/// Host names to addresses, by the system's resolver on libuv's thread pool.
@IO enum Resolver {
  @IO private final class Request {
    // Not isolated, since `deinit` frees it; all else uses it on the loop.
    nonisolated(unsafe) let handle: UnsafeMutablePointer<uv_getaddrinfo_t> = .allocate(capacity: 1)
    var continuation: CheckedContinuation<Result<[InternetAddress], IOError>, Never>?
    let host: String, port: UInt16

    init(host: String, port: UInt16) { (self.host, self.port) = (host, port) }

    deinit { handle.deallocate() }

    func finish(_ status: Int32, _ list: UnsafeMutablePointer<addrinfo>?) {
      defer { uv_freeaddrinfo(list) }
      if status != 0 {
        let reason = uv_strerror(status).map { String(cString: $0) } ?? "error \(status)"
        continuation?.resume(returning: .failure(.resolution(host: host, reason: reason)))
      } else {
        var found: [InternetAddress] = []
        var next = list
        while let entry = next?.pointee, found.count < 16 {  // more candidates than anyone would try
          if let address = entry.ai_addr { found.append(InternetAddress(copying: address, length: Int(entry.ai_addrlen))) }
          next = entry.ai_next
        }
        continuation?.resume(returning: .success(found))
      }
      continuation = nil
    }
  }

  static func addresses(of host: String, port: UInt16) async throws(IOError) -> [InternetAddress] {
    if let literal = InternetAddress(host, port: port) { return [literal] }
    let request = Request(host: host, port: port)
    return try await withCheckedContinuation { (continuation: CheckedContinuation<Result<[InternetAddress], IOError>, Never>) in
      request.continuation = continuation
      request.handle.pointee.data = Unmanaged.passRetained(request).toOpaque()
      var hints = addrinfo()
      hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
      let status = uv_getaddrinfo(
        IO.loop.loop, request.handle,
        { handle, status, list in
          guard let data = handle?.pointee.data else { return }
          let request = Unmanaged<Request>.fromOpaque(data).takeRetainedValue()
          nonisolated(unsafe) let list = list  // handed over by the callback
          IO.assumeIsolated { request.finish(status, list) }
          IO.loop.drain()
        }, host, "\(port)", &hints)
      if status != 0 {
        Unmanaged.passUnretained(request).release()
        request.finish(status, nil)
      }
    }.get()
  }
}
