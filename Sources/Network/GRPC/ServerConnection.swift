internal import AsyncIO

/// One client's connection: its calls by stream.
@IO final class ServerConnection: HTTP2Owner {
  private let server: GRPCServer
  private var pump: ConnectionPump?
  private var session: HTTP2Session?
  private var calls: [Int32: ServerCall] = [:]
  private var running = 0  // handlers, those of closed streams included
  private var buffered = 0  // request bytes of all calls
  private var unread = 0  // response bytes of all calls that are not sent
  private var isDraining = false
  private let idle = IOTimer()

  init(_ stream: ByteStream, _ server: GRPCServer) {
    self.server = server
    let limits = server.limits
    let session = HTTP2Session(
      server: true, owner: self,
      .init(
        maxConcurrentStreams: UInt32(clamping: limits.streamsPerConnection), streamWindow: 1 << 20, connectionWindow: 1 << 22,
        maxHeaderListSize: UInt32(clamping: limits.headerListSize), manualWindow: false,
        controlFrames: limits.controlFrames, controlWindow: limits.controlWindow))
    self.session = session
    pump = ConnectionPump(stream, session, stall: limits.stall)
  }

  func run() async {
    guard let pump else { return }
    idle.start(after: server.limits.handshake) { [weak self] in self?.close() }
    await pump.run()
    idle.cancel()
    for call in calls.values { call.streamClosed() }
    calls = [:]
  }

  func close() { pump?.stop() }

  /// No further calls; the connection ends with the last one.
  func drain() {
    isDraining = true
    session?.goAway()
    if calls.isEmpty { session?.terminate(HTTP2Error.none) }
  }

  private func rearmIdle() {
    if calls.isEmpty {
      if isDraining { session?.terminate(HTTP2Error.none) }
      idle.start(after: server.limits.idle) { [weak self] in self?.session?.terminate(HTTP2Error.none) }
    } else {
      idle.cancel()
    }
  }

  // MARK: HTTP2Owner

  func received(_ field: HeaderField, on stream: Int32) -> Bool {
    let call: ServerCall
    if let known = calls[stream] {
      call = known
    } else {
      if isDraining { return false }
      call = ServerCall(stream, self, server)
      calls[stream] = call
      rearmIdle()
    }
    return call.received(field)
  }

  func receivedHeaders(on stream: Int32, isFirst: Bool) {
    guard isFirst, let call = calls[stream] else { return }
    if running >= server.limits.streamsPerConnection {
      session?.reset(stream, HTTP2Error.refused)
    } else {
      call.begin()
    }
  }

  func received(_ bytes: UnsafeRawBufferPointer, on stream: Int32) {
    guard let call = calls[stream] else { return }
    call.received(bytes)
    if buffered > server.limits.bufferedPerConnection || server.buffered > server.limits.bufferedInAll {
      session?.reset(stream, HTTP2Error.calm)
    }
  }

  func receivedEnd(of stream: Int32) { calls[stream]?.receivedEnd() }

  /// After a complete answer the peer need not send the rest of its request.
  func sentEnd(of stream: Int32) {
    if let call = calls[stream], !call.hasRequestEnded { session?.reset(stream, HTTP2Error.none) }
  }

  func closed(_ stream: Int32, error: UInt32) {
    calls.removeValue(forKey: stream)?.streamClosed()
    rearmIdle()
  }

  func fill(_ room: UnsafeMutableRawBufferPointer, for stream: Int32) -> HTTP2Filled { calls[stream]?.fill(room) ?? .reset }

  func goingAway(lastStream: Int32) {}

  // MARK: For calls

  func handlerStarted() { running += 1 }
  func handlerEnded() { running -= 1 }
  func changeBuffered(_ amount: Int) {
    buffered += amount
    server.changeBuffered(amount)
  }
  func changeUnread(_ amount: Int) { unread += amount }
  /// Whether the peer leaves too much unread for another response.
  var isFull: Bool { unread > server.limits.unreadPerConnection }

  func isLive(_ call: ServerCall) -> Bool { calls[call.stream] === call }
  func respond(_ stream: Int32, _ fields: [HeaderField], body: Bool) { session?.respond(stream, fields, body: body) }
  func resume(_ stream: Int32) { session?.resume(stream) }
}
