internal import AsyncIO
internal import CNGHTTP2

/// What a session tells its owner while it digests bytes.
@IO protocol HTTP2Owner: AnyObject {
  /// A field of a stream's header block; false refuses the stream.
  func received(_ field: HeaderField, on stream: Int32) -> Bool
  /// The header block is complete.
  func receivedHeaders(on stream: Int32, isFirst: Bool)
  func received(_ bytes: UnsafeRawBufferPointer, on stream: Int32)
  /// The peer has ended its side.
  func receivedEnd(of stream: Int32)
  /// Our side of the stream has ended, and that was handed to the socket.
  func sentEnd(of stream: Int32)
  /// The stream is gone; `error` is an HTTP/2 error code, 0 when it ended as it should.
  func closed(_ stream: Int32, error: UInt32)
  /// Fills `room` with the next bytes to send.
  func fill(_ room: UnsafeMutableRawBufferPointer, for stream: Int32) -> HTTP2Filled
  /// The peer takes no further streams after `lastStream`.
  func goingAway(lastStream: Int32)
}

enum HTTP2Filled {
  /// So many bytes; not the last.
  case bytes(Int)
  /// So many bytes, which were the last; the stream's side ends.
  case last(Int)
  /// The last bytes of the body; these fields follow and end the stream.
  case trailers(Int, [HeaderField])
  /// Nothing now: resume later.
  case later
  case reset
}

/// The error codes of HTTP/2 that are used here.
enum HTTP2Error {
  static let none: UInt32 = 0
  static let internalError: UInt32 = 2
  static let refused: UInt32 = 7
  static let cancel: UInt32 = 8
  static let calm: UInt32 = 11
}

/// One HTTP/2 connection as nghttp2 sees it: bytes in, bytes out, events to the owner. It does no input or output itself.
@IO final class HTTP2Session {
  // Not isolated, since `deinit` frees it; all else uses it on the loop.
  private nonisolated(unsafe) var session: OpaquePointer?
  private weak var owner: (any HTTP2Owner)?
  /// Set by whoever must know that there may be something to send.
  var wantsWrite: (() -> Void)?

  struct Settings {
    var maxConcurrentStreams: UInt32
    var streamWindow: UInt32
    var connectionWindow: Int32
    var maxHeaderListSize: UInt32
    /// The owner says when bytes are used up, by `consume`.
    var manualWindow: Bool
    /// So many frames that move nothing, within the window, are a flood.
    var controlFrames = Int.max
    var controlWindow = Duration.seconds(1)
  }

  private let controlFrames: Int, controlWindow: Duration
  private var controlCount = 0
  private var controlStart = ContinuousClock.now

  init(server: Bool, owner: any HTTP2Owner, _ settings: Settings) {
    self.owner = owner
    (controlFrames, controlWindow) = (settings.controlFrames, settings.controlWindow)
    var callbacks: OpaquePointer?
    var option: OpaquePointer?
    nghttp2_session_callbacks_new(&callbacks)
    nghttp2_option_new(&option)
    defer {
      nghttp2_session_callbacks_del(callbacks)
      nghttp2_option_del(option)
    }
    if settings.manualWindow { nghttp2_option_set_no_auto_window_update(option, 1) }
    HTTP2Session.install(callbacks)
    let me = Unmanaged.passUnretained(self).toOpaque()
    if server {
      nghttp2_session_server_new2(&session, callbacks, me, option)
    } else {
      nghttp2_session_client_new2(&session, callbacks, me, option)
    }
    var entries = [
      nghttp2_settings_entry(settings_id: Int32(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue), value: settings.streamWindow),
      nghttp2_settings_entry(settings_id: Int32(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE.rawValue), value: settings.maxHeaderListSize),
    ]
    if server {
      entries.append(
        nghttp2_settings_entry(settings_id: Int32(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS.rawValue), value: settings.maxConcurrentStreams))
    } else {
      entries.append(nghttp2_settings_entry(settings_id: Int32(NGHTTP2_SETTINGS_ENABLE_PUSH.rawValue), value: 0))
    }
    nghttp2_submit_settings(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), entries, entries.count)
    nghttp2_session_set_local_window_size(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), 0, settings.connectionWindow)
  }

  deinit { nghttp2_session_del(session) }

  // MARK: Bytes

  /// Digests what came from the peer. False when the connection is beyond repair (what explains it is in the output).
  func receive(_ bytes: [UInt8]) -> Bool {
    let count = bytes.withUnsafeBufferPointer { nghttp2_session_mem_recv(session, $0.baseAddress, $0.count) }
    return count >= 0
  }

  /// A frame begins that may be part of a flood; false when it is one too many.
  private func mayBegin(_ type: UInt32, length: Int) -> Bool {
    switch type {
    case NGHTTP2_HEADERS.rawValue: return true
    case NGHTTP2_DATA.rawValue where length > 0:
      controlCount = 0
      return true
    default:
      controlCount += 1
      guard controlCount > controlFrames else { return true }
      let now = ContinuousClock.now
      if now - controlStart < controlWindow {
        terminate(HTTP2Error.calm)
        return false
      }
      (controlCount, controlStart) = (0, now)
      return true
    }
  }

  /// The next bytes for the peer, about `limit` of them; empty when there is nothing to send.
  func output(limit: Int) -> [UInt8] {
    var out: [UInt8] = []
    while out.count < limit {
      var data: UnsafePointer<UInt8>?
      let count = nghttp2_session_mem_send(session, &data)
      guard count > 0, let data else { break }
      out.append(contentsOf: UnsafeBufferPointer(start: data, count: count))
    }
    return out
  }

  /// Whether the protocol has come to its end (after a GOAWAY, or an error).
  var isFinished: Bool { nghttp2_session_want_read(session) == 0 && nghttp2_session_want_write(session) == 0 }

  // MARK: Actions

  /// Opens a stream; nil when the peer or the protocol allows no more.
  func request(_ fields: [HeaderField]) -> Int32? {
    var source = HTTP2Session.source
    let stream = withFields(fields) { nghttp2_submit_request(session, nil, $0, $1, &source, nil) }
    wantsWrite?()
    return stream > 0 ? stream : nil
  }

  /// Answers a stream; with `body` the bytes follow from `fill`, else the fields end it.
  func respond(_ stream: Int32, _ fields: [HeaderField], body: Bool) {
    var source = HTTP2Session.source
    _ = withFields(fields) {
      body ? nghttp2_submit_response(session, stream, $0, $1, &source) : nghttp2_submit_response(session, stream, $0, $1, nil)
    }
    wantsWrite?()
  }

  /// There is something to `fill` again.
  func resume(_ stream: Int32) {
    nghttp2_session_resume_data(session, stream)
    wantsWrite?()
  }

  func reset(_ stream: Int32, _ error: UInt32) {
    nghttp2_submit_rst_stream(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream, error)
    wantsWrite?()
  }

  /// Gives the peer room for as many bytes again.
  func consume(_ count: Int, of stream: Int32) {
    guard count > 0 else { return }
    nghttp2_session_consume_stream(session, stream, count)
    wantsWrite?()
  }

  func consumeConnection(_ count: Int) {
    nghttp2_session_consume_connection(session, count)
    wantsWrite?()
  }

  /// Takes no further streams; those that run go on.
  func goAway(_ error: UInt32 = HTTP2Error.none) {
    nghttp2_submit_goaway(
      session, UInt8(NGHTTP2_FLAG_NONE.rawValue), nghttp2_session_get_last_proc_stream_id(session), error, nil, 0)
    wantsWrite?()
  }

  func terminate(_ error: UInt32) {
    nghttp2_session_terminate_session(session, error)
    wantsWrite?()
  }

  // MARK: Callbacks

  private static nonisolated func of(_ user: UnsafeMutableRawPointer?) -> HTTP2Session? {
    user.map { Unmanaged<HTTP2Session>.fromOpaque($0).takeUnretainedValue() }
  }

  private static let source: nghttp2_data_provider = {
    var provider = nghttp2_data_provider()
    provider.read_callback = { _, stream, room, size, flags, _, user in
      guard let session = HTTP2Session.of(user), let room, let flags else { return Int(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue) }
      // nghttp2 calls on the loop, and only while it is fed or asked there.
      nonisolated(unsafe) let (buffer, out) = (UnsafeMutableRawBufferPointer(start: room, count: size), flags)
      return IO.assumeIsolated { session.read(stream, buffer, out) }
    }
    return provider
  }()

  private func read(_ stream: Int32, _ room: UnsafeMutableRawBufferPointer, _ flags: UnsafeMutablePointer<UInt32>) -> Int {
    controlCount = 0  // windows and acknowledgements follow what is sent
    switch owner?.fill(room, for: stream) ?? .reset {
    case .bytes(let count): return count
    case .last(let count):
      flags.pointee |= UInt32(NGHTTP2_DATA_FLAG_EOF.rawValue)
      return count
    case .trailers(let count, let fields):
      flags.pointee |= UInt32(NGHTTP2_DATA_FLAG_EOF.rawValue) | UInt32(NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue)
      _ = withFields(fields) { nghttp2_submit_trailer(session, stream, $0, $1) }
      return count
    case .later: return Int(NGHTTP2_ERR_DEFERRED.rawValue)
    case .reset: return Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue)
    }
  }

  private static func install(_ callbacks: OpaquePointer?) {
    nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks) { _, head, user in
      guard let session = HTTP2Session.of(user), let head = head?.pointee else { return 0 }
      let (type, length) = (UInt32(head.type), head.length)
      return IO.assumeIsolated { session.mayBegin(type, length: length) } ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE.rawValue
    }
    nghttp2_session_callbacks_set_on_header_callback(callbacks) { _, frame, name, nameLength, value, valueLength, _, user in
      guard let session = HTTP2Session.of(user), let stream = frame?.pointee.hd.stream_id else { return 0 }
      let field = HeaderField(
        String(decoding: UnsafeBufferPointer(start: name, count: nameLength), as: UTF8.self),
        String(decoding: UnsafeBufferPointer(start: value, count: valueLength), as: UTF8.self))
      let accepted = IO.assumeIsolated { session.owner?.received(field, on: stream) ?? false }
      return accepted ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
    }
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) { _, frame, user in
      guard let session = HTTP2Session.of(user), let frame = frame?.pointee else { return 0 }
      let (stream, type) = (frame.hd.stream_id, UInt32(frame.hd.type))
      let ends = frame.hd.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
      let isHeaders = type == NGHTTP2_HEADERS.rawValue
      let isFirst = isHeaders && (frame.headers.cat == NGHTTP2_HCAT_REQUEST || frame.headers.cat == NGHTTP2_HCAT_RESPONSE)
      let lastStream = type == NGHTTP2_GOAWAY.rawValue ? frame.goaway.last_stream_id : nil
      IO.assumeIsolated {
        if isHeaders { session.owner?.receivedHeaders(on: stream, isFirst: isFirst) }
        if ends, isHeaders || type == NGHTTP2_DATA.rawValue { session.owner?.receivedEnd(of: stream) }
        if let lastStream { session.owner?.goingAway(lastStream: lastStream) }
      }
      return 0
    }
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks) { _, frame, user in
      guard let session = HTTP2Session.of(user), let head = frame?.pointee.hd else { return 0 }
      let carriesEnd = UInt32(head.type) == NGHTTP2_HEADERS.rawValue || UInt32(head.type) == NGHTTP2_DATA.rawValue
      guard carriesEnd, head.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0 else { return 0 }
      let stream = head.stream_id
      IO.assumeIsolated { session.owner?.sentEnd(of: stream) }
      return 0
    }
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) { _, _, stream, data, count, user in
      guard let session = HTTP2Session.of(user) else { return 0 }
      // Valid for this call, which is on the loop.
      nonisolated(unsafe) let bytes = UnsafeRawBufferPointer(start: data, count: count)
      IO.assumeIsolated { session.owner?.received(bytes, on: stream) }
      return 0
    }
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) { _, stream, error, user in
      guard let session = HTTP2Session.of(user) else { return 0 }
      IO.assumeIsolated { session.owner?.closed(stream, error: error) }
      return 0
    }
  }
}
