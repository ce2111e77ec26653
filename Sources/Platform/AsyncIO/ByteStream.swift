internal import CUV

/// A connected stream of bytes: a unix or TCP socket, or an end of a pipe.
///
/// One task reads and one writes at a time; both may be different tasks. Forgetting the last reference closes the stream.
public final class ByteStream: Sendable {
  @IO let core: StreamCore
  /// Who is at the other end, for messages: `unix:PATH`, `host:port` or what the creator named it.
  public let peer: String

  @IO init(core: StreamCore, peer: String) {
    self.core = core
    self.peer = peer
  }

  /// A stream on an open descriptor (pipe end, unix or TCP socket), which it takes over.
  @IO public convenience init(_ descriptor: Descriptor, name: String = "descriptor") throws(IOError) {
    self.init(core: try StreamCore.adopt(descriptor, name: name), peer: name)
  }

  deinit {
    let core = self.core
    Task { @IO in core.close() }
  }

  /// The next bytes, 1 to `limit` of them, as soon as there are any; empty at the end of the stream, and from then on.
  @IO public func read(upTo limit: Int = 65_536) async throws(IOError) -> [UInt8] {
    try await core.read(upTo: limit).get()
  }

  /// Exactly `count` bytes. A stream that ends before throws ``IOError/endOfStream``.
  @IO public func read(exactly count: Int) async throws(IOError) -> [UInt8] {
    var bytes = try await core.read(upTo: count).get()
    while bytes.count < count {
      let more = try await core.read(upTo: count - bytes.count).get()
      if more.isEmpty { throw .endOfStream }
      bytes += more
    }
    return bytes
  }

  /// Writes all of `bytes`; returns when the kernel has them. A cancelled half-done write closes the stream.
  @IO public func write(_ bytes: [UInt8]) async throws(IOError) {
    try await core.write(bytes).get()
  }

  /// Ends the writing side; the peer reads the end of the stream after what was written. Reading goes on.
  @IO public func finishWriting() async throws(IOError) {
    try await core.shutdown().get()
  }

  /// Closes both sides; waiting tasks get ``IOError/closed``. May be repeated.
  @IO public func close() { core.close() }

  /// Whether the stream was closed on this side.
  @IO public var isClosed: Bool { core.isClosed }
}
