internal import CUV

/// The loop's side of a stream: owns the libuv handle and is kept alive by it until the handle is closed.
@IO final class StreamCore {
  typealias Outcome<Value> = Result<Value, IOError>

  /// A handle stops reading at this many buffered bytes, and goes on at half of it.
  static let bufferLimit = 256 * 1024

  private struct Reader {
    var id: UInt64
    var limit: Int
    var continuation: CheckedContinuation<Outcome<[UInt8]>, Never>
  }

  /// A write or shutdown that libuv has not finished; it owns the request and its bytes.
  private final class Request {
    let bytes: [UInt8]
    var continuation: CheckedContinuation<Outcome<Void>, Never>?
    let write: UnsafeMutablePointer<uv_write_t> = .allocate(capacity: 1)
    let shutdown: UnsafeMutablePointer<uv_shutdown_t> = .allocate(capacity: 1)
    let storage: UnsafeMutableBufferPointer<CChar>

    init(_ bytes: [UInt8], from offset: Int) {
      self.bytes = bytes
      storage = .allocate(capacity: max(bytes.count - offset, 1))
      bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(storage).copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset...])) }
    }

    deinit {
      write.deallocate()
      shutdown.deallocate()
      storage.deallocate()
    }

    func finish(_ outcome: Outcome<Void>) {
      continuation?.resume(returning: outcome)
      continuation = nil
    }
  }

  let handle: UnsafeMutablePointer<uv_stream_t>
  private let name: String
  private(set) var isClosed = false
  private var isReading = false
  private var ended = false
  private var failure: IOError?
  private var buffer: [UInt8] = []
  private var offset = 0
  private var reader: Reader?
  private var nextID: UInt64 = 0

  /// Takes over an initialized handle.
  init(_ handle: UnsafeMutablePointer<uv_stream_t>, name: String) {
    (self.handle, self.name) = (handle, name)
    handle.pointee.data = Unmanaged.passRetained(self).toOpaque()  // released in the close callback
  }

  static func adopt(_ descriptor: Descriptor, name: String) throws(IOError) -> StreamCore {
    guard let raw = descriptor.take() else { throw .closed }
    let back = Descriptor(owning: raw)  // closes it should we fail
    let core: StreamCore
    let status: Int32
    if uv_guess_handle(raw) == UV_TCP {
      let handle = try tcpHandle()
      core = StreamCore(handle.cast(), name: name)
      status = uv_tcp_open(handle, raw)
    } else {
      let handle = try pipeHandle()
      core = StreamCore(handle.cast(), name: name)
      status = uv_pipe_open(handle, raw)
    }
    guard status == 0 else {
      core.close()
      throw IOError(name, uv: status)
    }
    _ = back.take()
    return core
  }

  static func pipeHandle() throws(IOError) -> UnsafeMutablePointer<uv_pipe_t> {
    let handle = UnsafeMutablePointer<uv_pipe_t>.allocate(capacity: 1)
    let status = uv_pipe_init(IO.loop.loop, handle, 0)
    guard status == 0 else {
      handle.deallocate()
      throw IOError("socket", uv: status)
    }
    return handle
  }

  static func tcpHandle() throws(IOError) -> UnsafeMutablePointer<uv_tcp_t> {
    let handle = UnsafeMutablePointer<uv_tcp_t>.allocate(capacity: 1)
    let status = uv_tcp_init(IO.loop.loop, handle)
    guard status == 0 else {
      handle.deallocate()
      throw IOError("socket", uv: status)
    }
    return handle
  }

  static nonisolated func of(_ data: UnsafeMutableRawPointer?) -> StreamCore? {
    data.map { Unmanaged<StreamCore>.fromOpaque($0).takeUnretainedValue() }
  }

  func close() {
    guard !isClosed else { return }
    isClosed = true
    uv_close(handle.cast()) { handle in
      guard let handle else { return }
      if let data = handle.pointee.data { Unmanaged<StreamCore>.fromOpaque(data).release() }
      // Frees the memory only: `deallocate` asks neither for the type nor the size it was allocated with.
      UnsafeMutableRawPointer(handle).deallocate()
      IO.loop.drain()
    }
    finishRead(.failure(.closed))
  }

  // MARK: Reading

  func read(upTo limit: Int) async -> Outcome<[UInt8]> {
    if limit <= 0 { return .success([]) }
    if let ready = takeReady(limit) { return ready }
    if reader != nil { return .failure(.busy("read \(name)")) }
    if Task.isCancelled { return .failure(.cancelled) }
    startReading()
    if let ready = takeReady(limit) { return ready }  // starting may have failed
    nextID &+= 1  // &+: 2^64 reads of one stream do not happen
    let id = nextID
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        // Entering these functions may suspend: what came meanwhile has nobody to wake.
        if let ready = takeReady(limit) { return continuation.resume(returning: ready) }
        if Task.isCancelled { return continuation.resume(returning: .failure(.cancelled)) }
        reader = Reader(id: id, limit: limit, continuation: continuation)
      }
    } onCancel: {
      Task { @IO in
        // The identifier keeps a late cancellation from hitting the next read.
        if self.reader?.id == id { self.finishRead(.failure(.cancelled)) }
      }
    }
  }

  /// What can be answered without waiting.
  private func takeReady(_ limit: Int) -> Outcome<[UInt8]>? {
    let count = buffer.count - offset
    if count > 0 {
      let taken: [UInt8]
      if offset == 0, count <= limit {
        taken = buffer
        buffer = []
      } else {
        let end = offset + min(count, limit)
        taken = Array(buffer[offset..<end])
        offset = end
        if offset == buffer.count { (buffer, offset) = ([], 0) }
      }
      if buffer.count - offset < Self.bufferLimit / 2 { startReading() }
      return .success(taken)
    }
    if isClosed { return .failure(.closed) }
    if let failure { return .failure(failure) }
    return ended ? .success([]) : nil
  }

  private func startReading() {
    guard !isReading, !isClosed, !ended, failure == nil else { return }
    let status = uv_read_start(
      handle,
      { _, _, buffer in
        buffer?.pointee = uv_buf_init(IO.loop.scratch.baseAddress?.assumingMemoryBound(to: CChar.self), UInt32(IOLoop.scratchSize))
      },
      { handle, count, _ in
        guard let core = StreamCore.of(handle?.pointee.data) else { return }
        IO.assumeIsolated { core.received(count) }
        IO.loop.drain()
      })
    if status == 0 { isReading = true } else { failure = IOError("read \(name)", uv: status) }
  }

  private func received(_ count: Int) {
    if count > 0 {
      append(UnsafeRawBufferPointer(rebasing: IO.loop.scratch[..<count]))
    } else if count < 0 {
      stopReading()
      if Int32(count) == UV_EOF.rawValue { ended = true } else { failure = IOError("read \(name)", uv: Int32(count)) }
    }
    if let reader, let ready = takeReady(reader.limit) { finishRead(ready) }
    if buffer.count - offset >= Self.bufferLimit { stopReading() }
  }

  private func append(_ bytes: UnsafeRawBufferPointer) {
    if offset > 64 * 1024 {
      buffer.removeSubrange(..<offset)
      offset = 0
    }
    if buffer.isEmpty { buffer = Array(bytes) } else { buffer.append(contentsOf: bytes) }
  }

  private func stopReading() {
    if isReading { uv_read_stop(handle) }
    isReading = false
  }

  private func finishRead(_ outcome: Outcome<[UInt8]>) {
    guard let waiting = reader else { return }
    reader = nil
    waiting.continuation.resume(returning: outcome)
  }

  // MARK: Writing

  func write(_ bytes: [UInt8]) async -> Outcome<Void> {
    if isClosed { return .failure(.closed) }
    if bytes.isEmpty { return .success(()) }
    if Task.isCancelled { return .failure(.cancelled) }
    var done = 0
    bytes.withUnsafeBytes { raw in
      var part = uv_buf_init(
        UnsafeMutableRawPointer(mutating: raw.baseAddress)?.assumingMemoryBound(to: CChar.self), UInt32(clamping: raw.count))
      done = Int(uv_try_write(handle, &part, 1))
    }
    if done == bytes.count { return .success(()) }
    if done < 0, done != Int(UV_EAGAIN.rawValue) { return .failure(IOError("write \(name)", uv: Int32(done))) }
    let request = Request(bytes, from: max(done, 0))
    return await wait(for: request) {
      var part = uv_buf_init(request.storage.baseAddress, UInt32(clamping: request.storage.count))
      request.write.pointee.data = Unmanaged.passRetained(request).toOpaque()
      return uv_write(request.write, handle, &part, 1) { write, status in
        guard let data = write?.pointee.data else { return }
        StreamCore.finish(data, status, "write")
      }
    }
  }

  func shutdown() async -> Outcome<Void> {
    if isClosed { return .failure(.closed) }
    let request = Request([], from: 0)
    return await wait(for: request) {
      request.shutdown.pointee.data = Unmanaged.passRetained(request).toOpaque()
      return uv_shutdown(request.shutdown, handle) { shutdown, status in
        guard let data = shutdown?.pointee.data else { return }
        StreamCore.finish(data, status, "shutdown")
      }
    }
  }

  private static nonisolated func finish(_ data: UnsafeMutableRawPointer, _ status: Int32, _ operation: String) {
    let request = Unmanaged<Request>.fromOpaque(data).takeRetainedValue()
    request.finish(status == 0 ? .success(()) : .failure(IOError(operation, uv: status)))
    IO.loop.drain()
  }

  private func wait(for request: Request, start: () -> Int32) async -> Outcome<Void> {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        if isClosed { return continuation.resume(returning: .failure(.closed)) }  // the handle is gone: entering here may suspend
        request.continuation = continuation
        let status = start()
        if status != 0 {
          Unmanaged.passUnretained(request).release()
          request.finish(.failure(IOError(name, uv: status)))
        }
      }
    } onCancel: {
      // Part of the bytes may be out: the stream cannot be used any more.
      Task { @IO in self.close() }
    }
  }
}
