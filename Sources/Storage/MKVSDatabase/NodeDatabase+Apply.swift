public import MKVS
internal import OasisCrypto
internal import OasisTypes

extension NodeDatabase {
  /// Applies a write log to a root and stores the result under the expected root; does not finalize (sheet 02 §5.1).
  ///
  /// Nothing happens where the database has the destination root already.
  /// - Throws: ``StorageError/expectedRootMismatch`` when the result is another root; nothing is stored then.
  public func apply(_ request: ApplyRequest) throws {
    let size = options.observer == nil ? 0 : (request.writeLog ?? []).reduce(0) { $0 + $1.key.count + ($1.value?.count ?? 0) }
    do { try measured(.apply, bytes: size) { try applyUnwrapped(request) } } catch {
      throw CodedError(error).wrapped("storage/database: failed to Apply")
    }
  }

  private func applyUnwrapped(_ request: ApplyRequest) throws {
    guard !options.readOnly else { throw DatabaseError.readOnly }
    let source = Root(
      namespace: request.namespace, version: request.sourceRound, type: request.rootType, hash: request.sourceRoot)
    let destination = Root(
      namespace: request.namespace, version: request.destinationRound, type: request.rootType, hash: request.destinationRoot)
    guard destination.follows(source) else { throw DatabaseError.rootMustFollowOld }
    if try hasRoot(destination) { return }
    let tree = try Tree(store: self, root: source)
    try tree.apply(request.writeLog ?? [])
    do { _ = try tree.commitKnown(destination) } catch MKVSError.knownRootMismatch { throw StorageError.expectedRootMismatch }
  }
}

/// The database as a server of proofs: each request opens a tree at its root.
extension NodeDatabase: ReadSyncer {
  public func syncGet(_ request: GetRequest) throws -> ProofResponse {
    try measured(.syncGet) { try Tree(store: self, root: request.tree.root).syncGet(request) }
  }

  public func syncGetPrefixes(_ request: GetPrefixesRequest) throws -> ProofResponse {
    try measured(.syncGetPrefixes) { try Tree(store: self, root: request.tree.root).syncGetPrefixes(request) }
  }

  public func syncIterate(_ request: IterateRequest) throws -> ProofResponse {
    try measured(.syncIterate) { try Tree(store: self, root: request.tree.root).syncIterate(request) }
  }
}
