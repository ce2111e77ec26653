internal import AsyncValues
internal import CBOR
internal import ConsensusApp
public import OasisCrypto
public import OasisTypes
public import Telemetry
public import Wire

/// Signs and submits the node's own transactions: nonces, gas and fees are found here. Rule: sheet 03 §16.
public actor SubmissionManager {
  /// What a node pays for its own transactions.
  public struct Configuration: Sendable {
    /// Base units a gas, when the chain asks for less.
    public var gasPrice = Quantity.zero
    /// Most that a transaction may pay, base units; 0: no limit.
    public var maxFee = Quantity(10_000_000_000 as UInt64)
    public init() {}
  }

  private let backend: any ConsensusBackend
  private let configuration: Configuration
  private let log: Log
  /// The next nonce of each signer; forgotten after any error.
  private var nonces: [PublicKey: UInt64] = [:]
  private var busy: Set<PublicKey> = []
  private var waiting: [PublicKey: [CheckedContinuation<Void, Never>]] = [:]

  public init(backend: any ConsensusBackend, configuration: Configuration, log: Log) {
    (self.backend, self.configuration, self.log) = (backend, configuration, log.module("consensus/submission"))
  }

  /// Signs `method` with `body` and waits until a block holds it. Invalid nonces, missing blocks, a due upgrade, failed estimates of gas and a
  /// full pool are tried again with back-off for up to a minute, attempts included; other errors are final.
  ///
  /// - Throws: `CodedError` of the check or the execution.
  @discardableResult
  public func submit(_ method: String, _ body: some WireValue & Sendable, signer: any Signer) async throws -> SubmittedTransaction {
    let raw = RawCBOR(body.cbor())
    var backoff = Backoff(from: .milliseconds(200), to: .seconds(10), growing: .half)
    let start = ContinuousClock.now
    while true {
      do { return try await attempt(method, raw, signer) } catch {
        // A submission that was cancelled may have reached the pool: the nonce that follows it is the better guess.
        if !(error is CancellationError) { nonces[signer.publicKey] = nil }
        let delay = backoff.next()
        guard Self.isTemporary(error), start.duration(to: .now) + delay <= Self.patience else {
          throw (error as? EstimateFailed)?.cause ?? error
        }
        log.debug("retrying transaction submission", ["method": method, "err": "\(error)", "delay": "\(delay)"])
        try await Task.sleep(for: delay)
      }
    }
  }

  /// How long what is temporary is tried again.
  private static let patience = Duration.seconds(60)

  /// The gas of a transaction could not be estimated, whatever the reason: that is tried again.
  private struct EstimateFailed: Error, CustomStringConvertible {
    let cause: any Error
    var description: String { "\(cause)" }
  }

  /// A nonce that another transaction took, a due upgrade, an empty chain and a full pool pass by themselves.
  private static func isTemporary(_ error: any Error) -> Bool {
    switch error {
    case is EstimateFailed: true
    case let error as PoolFailure: error.isTemporary
    case let error as CodedError: [CodedError.invalidNonce, .upgradePending, .noCommittedBlocks].contains { error.isSame(as: $0) }
    default: false
    }
  }

  private func estimateGas(_ key: PublicKey, _ transaction: Transaction) async throws -> UInt64 {
    do { return try await backend.estimateGas(signer: key, transaction) } catch let error as CancellationError { throw error } catch {
      throw EstimateFailed(cause: error)
    }
  }

  private func attempt(_ method: String, _ body: RawCBOR, _ signer: any Signer) async throws -> SubmittedTransaction {
    let key = signer.publicKey
    let signed = try await exclusively(key) {
      let nonce = try await self.nextNonce(key)
      var transaction = Transaction(nonce: nonce, fee: Fee(amount: .zero, gas: 0), method: method, body: body)
      let gas = try await self.estimateGas(key, transaction)
      let fee = try await self.price() * Quantity(gas)
      guard self.configuration.maxFee == .zero || fee <= self.configuration.maxFee else {
        throw CodedError.uncoded("submission: fee \(fee) of \(method) exceeds consensus.submission.max_fee \(self.configuration.maxFee)")
      }
      transaction.fee = Fee(amount: fee, gas: gas)
      let signed = try SignedEnvelope(
        transaction, by: signer, context: SignatureContext.consensusTransaction.on(chain: self.backend.chainContext))
      self.nonces[key] = nonce + 1
      return signed
    }
    return try await backend.submit(signed)
  }

  /// One transaction of a signer is prepared at a time, so that nonces do not collide.
  private func exclusively<T: Sendable>(_ key: PublicKey, _ body: () async throws -> T) async throws -> T {
    while busy.contains(key) { await withCheckedContinuation { waiting[key, default: []].append($0) } }
    busy.insert(key)
    defer {
      busy.remove(key)
      for continuation in waiting.removeValue(forKey: key) ?? [] { continuation.resume() }
    }
    return try await body()
  }

  private func nextNonce(_ key: PublicKey) async throws -> UInt64 {
    if let nonce = nonces[key] { return nonce }
    return try await backend.query(at: 0) { state in
      try StakingState.accounts.get(state, Address(key))?.general.nonce ?? 0
    }
  }

  private func price() async throws -> Quantity {
    let minimum = try await backend.query(at: 0) { state in try ConsensusState.parameters.get(state)?.minGasPrice ?? 0 }
    return max(configuration.gasPrice, Quantity(minimum))
  }
}
