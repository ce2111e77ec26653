internal import ConsensusApp
public import ConsensusService
public import OasisTypes
public import RuntimeHistory

/// Blocks of runtimes, read from the consensus layer's state.
public struct RuntimeBlocks: RuntimeBlockSource {
  private let backend: any ConsensusBackend

  public init(backend: any ConsensusBackend) { self.backend = backend }

  public func blocks(of runtime: Namespace) async throws -> AsyncStream<RootHash.AnnotatedBlock> {
    let (stream, continuation) = AsyncStream.makeStream(of: RootHash.AnnotatedBlock.self)
    let updates = await backend.updates()
    let task = Task {
      var isFirst = true
      for await update in updates {
        guard let found = try? await lastBlock(of: runtime, at: update.height) else { continue }
        if isFirst || found.height == update.height { continuation.yield(found) }
        isFirst = false
      }
      continuation.finish()
    }
    continuation.onTermination = { _ in task.cancel() }
    return stream
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
