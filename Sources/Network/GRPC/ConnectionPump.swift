internal import AsyncIO

/// Moves bytes between a stream and a session until either ends: one loop reads, one writes when there is something to send.
@IO final class ConnectionPump {
  /// So much is taken from the session before the socket must have it: bounds what a slow peer makes us hold.
  private static let batch = 256 * 1024

  let stream: ByteStream
  let session: HTTP2Session
  private var writer: CheckedContinuation<Void, Never>?
  private var isPending = true  // the preface or settings wait already
  private var isStopped = false
  private let stall: Duration?
  private let watch = IOTimer()

  /// - Parameters:
  ///   - stall: how long the peer may take nothing before it is cut off; nil: for ever.
  init(_ stream: ByteStream, _ session: HTTP2Session, stall: Duration? = nil) {
    (self.stream, self.session, self.stall) = (stream, session, stall)
    session.wantsWrite = { [weak self] in self?.wake() }
  }

  private func wake() {
    isPending = true
    writer?.resume()
    writer = nil
  }

  /// Runs until the connection has ended, and closes the stream.
  func run() async {
    async let writing: Void = write()
    await read()
    isStopped = true
    wake()
    await writing
    stream.close()
    session.wantsWrite = nil
  }

  private func read() async {
    while let bytes = try? await stream.read(), !bytes.isEmpty {
      let isSound = session.receive(bytes)
      wake()
      if !isSound || session.isFinished { return }
    }
  }

  private func write() async {
    while true {
      // Entering the function may suspend: a wake-up that came meanwhile is seen inside.
      if !isPending { await withCheckedContinuation { if isPending { $0.resume() } else { writer = $0 } } }
      isPending = false
      guard await flush(), !isStopped else { break }
      if session.isFinished { break }
    }
    // Ends the reading side too, also when the peer does not.
    stream.close()
  }

  @inline(never)
  private func flush() async -> Bool {
    while case let bytes = session.output(limit: Self.batch), !bytes.isEmpty {
      if let stall { watch.start(after: stall) { [weak self] in self?.stop() } }
      defer { watch.cancel() }
      do { try await stream.write(bytes) } catch { return false }
    }
    return true
  }

  func stop() { stream.close() }
}
