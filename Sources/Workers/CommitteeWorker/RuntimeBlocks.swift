internal import AsyncValues
internal import Bytes
internal import ConsensusApp
public import ConsensusService
public import OasisTypes
public import RuntimeHistory
public import Telemetry

/// Blocks of runtimes, read from the consensus layer's state.
public struct RuntimeBlocks: RuntimeBlockSource {
  private let backend: any ConsensusBackend
  private let log: Log
  private let sleep: @Sendable (Duration) async throws -> Void
  /// How often one height is tried; what is lost then is read when the next block shows the gap.
  private static let attempts = 5
  /// Blocks that a slow reader may lag behind.
  private static let backlog = 1024

  /// - Parameter sleep: waits before a height that could not be read is tried again.
  public init(
    backend: any ConsensusBackend, log: Log, sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
  ) {
    (self.backend, self.sleep) = (backend, sleep)
    self.log = log.module("runtime/history/indexer")
  }

  public func blocks(of runtime: Namespace) async throws -> AsyncStream<RootHash.AnnotatedBlock> {
    let (stream, continuation) = AsyncStream.makeStream(of: RootHash.AnnotatedBlock.self, bufferingPolicy: .bufferingNewest(Self.backlog))
    let updates = await backend.updates()
    let task = Task {
      var isFirst = true
      for await update in updates {
        guard let found = await tried(runtime, at: update.height) else { continue }
        if isFirst || found.height == update.height { continuation.yield(found) }
        isFirst = false
      }
      continuation.finish()
    }
    continuation.onTermination = { _ in task.cancel() }
    return stream
  }

  /// The last block at a height, tried again while it cannot be read.
  private func tried(_ runtime: Namespace, at height: Int64) async -> RootHash.AnnotatedBlock? {
    var backoff = Backoff(from: .milliseconds(200), to: .seconds(5))
    for attempt in 1...Self.attempts {
      do { return try await lastBlock(of: runtime, at: height) } catch {
        if Task.isCancelled { return nil }
        log.error(
          "failed to read the runtime's block",
          ["runtime_id": runtime.description, "height": height, "attempt": attempt, "err": "\(error)"])
      }
      guard attempt < Self.attempts, (try? await sleep(backoff.next())) != nil else { return nil }
    }
    return nil
  }

  public func lastBlock(of runtime: Namespace, at height: Int64) async throws -> RootHash.AnnotatedBlock? {
    do {
      return try await backend.query(at: height) { tree in
        guard let state = try RootHashState(tree).runtime(runtime), let block = state.lastBlock else { return nil }
        return RootHash.AnnotatedBlock(height: state.lastBlockHeight, block: block)
      }
    } catch let error as CodedError where error.isSame(as: .versionNotFound) { return nil }
  }

  public func lastRetainedHeight() async throws -> Int64 { await backend.lastRetainedHeight() }
}
