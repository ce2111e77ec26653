internal import OasisTypes
internal import Synchronization

/// The listeners of one stream of blocks.
final class BroadcastHub: Sendable {
  private struct State {
    var last: RootHash.AnnotatedBlock?
    var listeners: [UInt64: AsyncStream<RootHash.AnnotatedBlock>.Continuation] = [:]
    var next: UInt64 = 0
  }

  /// Blocks that a slow listener may lag behind; later it loses the oldest, which it can still read from the history.
  private static let longestLag = 1024

  private let state = Mutex(State())

  func send(_ block: RootHash.AnnotatedBlock) {
    let listeners = state.withLock { state in
      state.last = block
      return Array(state.listeners.values)
    }
    for listener in listeners { listener.yield(block) }
  }

  func subscribe() -> AsyncStream<RootHash.AnnotatedBlock> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: RootHash.AnnotatedBlock.self, bufferingPolicy: .bufferingNewest(Self.longestLag))
    let id = state.withLock { state in
      let id = state.next
      state.next += 1
      state.listeners[id] = continuation
      if let last = state.last { continuation.yield(last) }
      return id
    }
    continuation.onTermination = { [weak self] _ in self?.state.withLock { $0.listeners[id] = nil } }
    return stream
  }
}
