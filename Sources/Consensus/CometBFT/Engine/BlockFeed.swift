internal import Synchronization

/// Hands new blocks to all who listen. A listener that does not keep up makes its own queue grow; blocks are not dropped.
final class BlockFeed: Sendable {
  private struct Listeners {
    var next = 0
    var byNumber: [Int: AsyncStream<NewBlock>.Continuation] = [:]
    var isFinished = false
  }
  private let listeners = Mutex(Listeners())

  func subscribe() -> AsyncStream<NewBlock> {
    let (stream, continuation) = AsyncStream.makeStream(of: NewBlock.self)
    let number = listeners.withLock { listeners -> Int? in
      if listeners.isFinished { return nil }
      listeners.next += 1
      listeners.byNumber[listeners.next] = continuation
      return listeners.next
    }
    guard let number else {
      continuation.finish()
      return stream
    }
    continuation.onTermination = { [weak self] _ in self?.listeners.withLock { $0.byNumber[number] = nil } }
    return stream
  }

  func publish(_ block: NewBlock) {
    let all = listeners.withLock { Array($0.byNumber.values) }
    for continuation in all { continuation.yield(block) }
  }

  func finish() {
    let all = listeners.withLock { listeners -> [AsyncStream<NewBlock>.Continuation] in
      listeners.isFinished = true
      defer { listeners.byNumber = [:] }
      return Array(listeners.byNumber.values)
    }
    for continuation in all { continuation.finish() }
  }
}
