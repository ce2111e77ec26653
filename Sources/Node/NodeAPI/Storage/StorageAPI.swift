internal import Bytes
public import GRPC
public import MKVS
public import OasisTypes

/// The trees of one ParaTime on this node, for proofs and differences.
public protocol RuntimeStorageBackend: Sendable {
  var runtimeID: Namespace { get }
  func syncGet(_ request: GetRequest) async throws -> ProofResponse
  func syncGetPrefixes(_ request: GetPrefixesRequest) async throws -> ProofResponse
  func syncIterate(_ request: IterateRequest) async throws -> ProofResponse
  /// What leads from one root to another.
  ///
  /// - Throws: `storage/mkvs/db`/8 for unknown roots.
  func writeLog(from start: Root, to end: Root) async throws -> WriteLog
}

/// The storage service, for debugging only. Rule: sheet 02 §5.3.
///
/// This version keeps no checkpoints: the list of them is empty, and there are no chunks.
public struct StorageAPI: APIService {
  private let runtimes: [Namespace: any RuntimeStorageBackend]

  public init(_ runtimes: [any RuntimeStorageBackend]) {
    self.runtimes = Dictionary(runtimes.map { ($0.runtimeID, $0) }) { first, _ in first }
  }

  private func known(_ id: Namespace) throws -> any RuntimeStorageBackend {
    guard let runtime = runtimes[id] else { throw CodedError.uncoded("runtime/registry: runtime \(id.hex) not found") }
    return runtime
  }

  public var methods: [GRPCMethod] {
    let table = MethodTable("Storage")
    return [
      table.answer("SyncGet") { (request: GetRequest) in try await known(request.tree.root.namespace).syncGet(request) },
      table.answer("SyncGetPrefixes") { (request: GetPrefixesRequest) in
        try await known(request.tree.root.namespace).syncGetPrefixes(request)
      },
      table.answer("SyncIterate") { (request: IterateRequest) in try await known(request.tree.root.namespace).syncIterate(request) },
      table.stream("GetDiff") { (request: GetDiffRequest, send: Sink<SyncChunk>) in
        let log = try await known(request.startRoot.namespace).writeLog(from: request.startRoot, to: request.endRoot)
        for chunk in log.chunks(request.options) { try await send(chunk) }
      },
      table.answer("GetCheckpoints") { (request: GetCheckpointsRequest) -> [CheckpointMetadata]? in
        _ = try known(request.namespace)
        // Lists of no known format are empty; the list of those that there are was never made.
        return request.version == CheckpointMetadata.currentVersion ? nil : []
      },
      table.stream("GetCheckpointChunk") { (request: ChunkMetadata, _: Sink<[UInt8]>) in
        _ = try known(request.root.namespace)
        throw CheckpointError.chunkNotFound
      },
    ]
  }
}
