internal import AsyncIO

/// The connection of a client: its calls by stream.
@IO final class ClientConnection: HTTP2Owner {
  private let options: GRPCClient.Options
  private var pump: ConnectionPump?
  private var session: HTTP2Session?
  private var calls: [Int32: ClientCall] = [:]
  private var isEnded = false
  private var isGoingAway = false

  init(_ stream: ByteStream, _ options: GRPCClient.Options) {
    self.options = options
    let session = HTTP2Session(
      server: false, owner: self,
      .init(maxConcurrentStreams: 0, streamWindow: 1 << 20, connectionWindow: 1 << 22, maxHeaderListSize: 65_536, manualWindow: true))
    self.session = session
    pump = ConnectionPump(stream, session)
  }

  /// Whether new calls may start on it.
  var isUsable: Bool { !isEnded && !isGoingAway }

  func run() async {
    await pump?.run()
    isEnded = true
    let lost = calls.values
    calls = [:]
    for call in lost { call.finish(GRPCStatus(.unavailable, "error reading from server: EOF")) }
  }

  func close() { pump?.stop() }

  func start(_ path: String, _ message: [UInt8], _ timeout: Duration?, _ metadata: [HeaderField]) -> ClientCall? {
    guard isUsable, let session else { return nil }
    var fields = [
      HeaderField(":method", "POST"), HeaderField(":scheme", "http"), HeaderField(":path", path),
      HeaderField(":authority", options.authority),
      HeaderField("content-type", options.contentType), HeaderField("user-agent", "grpc-swift-nghttp2"), HeaderField("te", "trailers"),
    ]
    if let timeout { fields.append(HeaderField("grpc-timeout", GRPCTimeout.text(timeout))) }
    guard let stream = session.request(fields + metadata) else { return nil }
    let call = ClientCall(stream, self, message, limit: options.messageSize)
    calls[stream] = call
    call.setTimeout(timeout)
    return call
  }

  func cancel(_ call: ClientCall) {
    if calls[call.stream] === call { session?.reset(call.stream, HTTP2Error.cancel) }
  }

  func consume(_ count: Int, of stream: Int32) { session?.consume(count, of: stream) }

  // MARK: HTTP2Owner

  func sentEnd(of stream: Int32) {}

  func received(_ field: HeaderField, on stream: Int32) -> Bool { calls[stream]?.received(field) ?? true }

  func receivedHeaders(on stream: Int32, isFirst: Bool) { calls[stream]?.receivedHeaders(isFirst: isFirst) }

  func received(_ bytes: UnsafeRawBufferPointer, on stream: Int32) {
    session?.consumeConnection(bytes.count)
    calls[stream]?.received(bytes)
  }

  func receivedEnd(of stream: Int32) { calls[stream]?.receivedEnd() }

  func closed(_ stream: Int32, error: UInt32) { calls.removeValue(forKey: stream)?.closed(error: error) }

  func fill(_ room: UnsafeMutableRawBufferPointer, for stream: Int32) -> HTTP2Filled { calls[stream]?.fill(room) ?? .reset }

  func goingAway(lastStream: Int32) { isGoingAway = true }
}
