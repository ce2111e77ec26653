public import CometBFT
internal import ConsensusApp
public import ConsensusService
internal import OasisCrypto
public import OasisTypes
internal import Wire

/// What the consensus API needs of a full node's engine beyond ``ConsensusBackend``.
public protocol ChainAccess: ConsensusBackend {
  /// The validators of a height, known up to two heights above the newest block; the total power is filled in.
  ///
  /// - Throws: `consensus`/3.
  func validators(at height: Int64) async throws -> ValidatorSetMessage
  /// The engine's own parameters at a height.
  ///
  /// - Throws: `consensus`/3.
  func engineParameters(at height: Int64) async throws -> CometBFT.ConsensusParameters
  /// Checks a transaction and puts it into the pool.
  ///
  /// - Throws: the error of its check as `CodedError`.
  func submitNoWait(_ transaction: SignedEnvelope) async throws
  /// Transactions in the pool.
  func unconfirmedTransactions() async -> [[UInt8]]
  /// Who has voted in the running round.
  ///
  /// - Throws: `consensus`/1 before the engine has started.
  func runningRound() async throws -> RunningRound
  /// Hands evidence of misbehaviour to the engine's pool.
  ///
  /// - Throws: an uncoded error that says what is wrong with it.
  func submitEvidence(_ evidence: CometBFT.Evidence) async throws
}

extension ConsensusService: ChainAccess {
  private nonisolated func found<T>(_ height: Int64, _ what: String, _ body: () throws(StorageError) -> T) throws -> T {
    do throws(StorageError) { return try body() } catch {
      guard case .notFound = error else { throw error }
      throw what.isEmpty ? CodedError.versionNotFound : .versionNotFound.detailed(what)
    }
  }

  public nonisolated func validators(at height: Int64) async throws -> ValidatorSetMessage {
    try found(height, "") { () throws(StorageError) in try engine.chain.validators(at: height).message(withTotal: true) }
  }

  public nonisolated func engineParameters(at height: Int64) async throws -> CometBFT.ConsensusParameters {
    let text =
      "cometbft: consensus params query failed: could not find consensus params for height #\(height): value retrieved from db is empty"
    return try found(height, text) { () throws(StorageError) in try engine.chain.consensusParameters(at: height) }
  }

  public nonisolated func submitNoWait(_ transaction: SignedEnvelope) async throws {
    let check: CheckTransactionResponse
    do { check = try await engine.submit(transaction.cbor()) } catch { throw error.forSubmitter }
    guard check.isAccepted else { throw CodedError(check.codespace, check.code, check.log) }
  }

  public nonisolated func unconfirmedTransactions() async -> [[UInt8]] { await engine.pooledTransactions }

  public nonisolated func runningRound() async throws -> RunningRound {
    guard let round = await engine.runningRound else { throw CodedError.noCommittedBlocks }
    return round
  }

  public nonisolated func submitEvidence(_ evidence: CometBFT.Evidence) async throws {
    do { try await engine.submit(evidence) } catch { throw CodedError.uncoded("cometbft: broadcast evidence failed: \(error)") }
  }
}
