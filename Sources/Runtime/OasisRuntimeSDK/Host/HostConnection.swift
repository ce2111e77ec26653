internal import Bytes
internal import CBOR
internal import Glibc
public import RuntimeProtocol

/// The socket to the host: frames in and out, answers matched with requests by number (sheet 07 C.1, C.2).
///
/// One thread reads (``run(_:)``); any thread writes and waits for answers.
public final class HostConnection: Host {
  private struct State {
    var nextID: UInt64 = 0
    /// Answers by number; nil while one is awaited.
    var answers: [UInt64: Body?] = [:]
    var isClosed = false
  }

  private let socket: Int32
  private let state = Monitor(State())
  private let writing = Monitor(())
  private let log: GuestLog

  /// A connection on an open stream socket.
  public init(socket: Int32, log: GuestLog = GuestLog()) {
    self.socket = socket
    self.log = log.module("runtime/protocol")
  }

  /// Connects to the unix socket at a path.
  public convenience init(path: String, log: GuestLog = GuestLog()) throws(CallError) {
    let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw .protocol("socket: \(String(cString: strerror(errno)))") }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { throw .protocol("path of the host's socket is too long") }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let connected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard connected == 0 else {
      let reason = String(cString: strerror(errno))
      Glibc.close(descriptor)
      throw .protocol("connect to \(path): \(reason)")
    }
    self.init(socket: descriptor, log: log)
  }

  // MARK: Calls

  public func call(_ request: Body) throws(CallError) -> Body {
    let id: UInt64? = state.update { (state) throws(Never) in
      guard !state.isClosed else { return nil }
      defer { state.nextID &+= 1 }
      state.answers[state.nextID] = .some(nil)
      return state.nextID
    }
    guard let id else { throw .protocol("channel closed") }
    do throws(CallError) { try send(RuntimeMessage(id: id, kind: .request, body: request)) } catch {
      state.update { (state) throws(Never) in _ = state.answers.removeValue(forKey: id) }
      throw error
    }
    let answer: Body? = state.wait { state in
      if case .some(.some(let body)) = state.answers[id] {
        state.answers.removeValue(forKey: id)
        return .some(body)
      }
      return state.isClosed ? .some(nil) : nil
    }
    guard let answer else { throw .protocol("channel closed") }
    if case .error(let error) = answer { throw error }
    return answer
  }

  /// Answers a request of the host. An answer that is too large for a frame becomes an error (sheet 07 C.1).
  func answer(_ id: UInt64, _ body: Body) {
    do throws(CallError) { try send(RuntimeMessage(id: id, kind: .response, body: body)) } catch {
      log.error("failed to write answer", ["err": error.message])
      do throws(CallError) { try send(RuntimeMessage(id: id, kind: .response, body: .error(.write(error.message)))) } catch {
        log.error("failed to write error", ["err": error.message])
      }
    }
  }

  private func send(_ message: RuntimeMessage) throws(CallError) {
    let frame: [UInt8]
    do { frame = try message.frame(limit: FrameLimit.guest) } catch { throw .write("\(error)") }
    try writing.update { (_) throws(CallError) in
      var done = 0
      while done < frame.count {
        let count = frame.withUnsafeBytes {
          Glibc.send(socket, $0.baseAddress.map { $0 + done }, frame.count - done, Int32(MSG_NOSIGNAL))
        }
        if count > 0 {
          done += count
        } else if count < 0, errno == EINTR {
          continue
        } else {
          throw .protocol("channel closed")
        }
      }
    }
  }

  // MARK: Reading

  /// Reads until the host closes the connection; hands requests to `handle`, which must not block for long.
  public func run(_ handle: (_ id: UInt64, _ request: Body) -> Void) {
    while let payload = nextPayload() {
      let message: RuntimeMessage
      do { message = try RuntimeMessage(payload: payload, mode: .guest) } catch {
        // As the reference: no answer is possible, the host runs into its time limit.
        log.warn("failed to decode message", ["err": "\(error)"])
        continue
      }
      switch message.kind {
      case .request: handle(message.id, message.body)
      case .response: deliver(message)
      case .invalid: log.warn("received a malformed message")
      }
    }
    state.update { (state) throws(Never) in state.isClosed = true }
  }

  private func deliver(_ message: RuntimeMessage) {
    let isKnown = state.update { (state) throws(Never) in
      guard state.answers[message.id] != nil else { return false }
      state.answers[message.id] = .some(message.body)
      return true
    }
    if !isKnown { log.warn("received a response to an unknown request", ["id": "\(message.id)"]) }
  }

  private func nextPayload() -> [UInt8]? {
    guard let prefix = read(4) else { return nil }
    let length = prefix.reduce(0) { $0 << 8 | Int($1) }
    guard length <= FrameLimit.guest else {
      log.error("message is too large", ["size": "\(length)"])
      return nil
    }
    return read(length)
  }

  private func read(_ count: Int) -> [UInt8]? {
    var isWhole = true
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      while initialized < count {
        let got = Glibc.recv(socket, buffer.baseAddress.map { $0 + initialized }, count - initialized, 0)
        if got > 0 {
          initialized += got
        } else if got < 0, errno == EINTR {
          continue
        } else {
          isWhole = false
          return
        }
      }
    }
    return isWhole ? bytes : nil
  }
}
