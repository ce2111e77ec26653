public import CometBFT
public import OasisCrypto
public import OasisTypes
internal import CBOR
internal import Wire

/// From raw bytes to a service's method (sheet 03 §6).
extension ConsensusApplication {
  /// Executes a transaction in `context` and returns the CBOR of its result.
  func execute(_ context: Context, _ raw: [UInt8]) throws -> [UInt8]? {
    guard let parameters = chain.parameters else { throw AppError.noCommittedBlocks }
    if parameters.maxTransactionSize > 0, UInt64(raw.count) > parameters.maxTransactionSize { throw AppError.oversizedTransaction }
    let (transaction, signer) = try open(raw)
    if context.isCheckOnly, chain.upgrades.isPending(after: chain.lastHeight) { throw AppError.upgradePending }
    if transaction.method == BlockMetadata.method {
      try takeSystemTransaction(context, transaction, signer)
      return nil
    }
    return try process(context, transaction, signer, size: raw.count, parameters)
  }

  /// Checks the envelope's signature and decodes the transaction.
  private func open(_ raw: [UInt8]) throws -> (Transaction, PublicKey) {
    let envelope: SignedEnvelope
    let transaction: Transaction
    do {
      envelope = try SignedEnvelope.decode(cbor: raw)
      let context = SignatureContext.consensusTransaction.on(chain: chain.chainContext)
      transaction = try envelope.open(context: context, blacklist: chain.node.blacklist)
    } catch { throw AppError.uncoded("transaction: malformed: \(error)") }
    guard !transaction.method.isEmpty else { throw AppError.uncoded("transaction: malformed: empty method") }
    return (transaction, envelope.signature.publicKey)
  }

  /// Authenticates, charges and dispatches a transaction.
  private func process(
    _ context: Context, _ transaction: Transaction, _ signer: PublicKey, size: Int, _ parameters: OasisTypes.ConsensusParameters
  ) throws -> [UInt8]? {
    let (service, method) = try route(context, transaction.method)
    context.signer = signer
    context.caller = Address(signer)
    try TransactionAuthentication.authenticate(context, transaction)
    try context.gas.use(UInt64(size), "tx_byte", parameters.gasCosts)
    if !context.isSimulation, parameters.minGasPrice > 0 {
      guard let fee = transaction.fee, fee.gasPrice >= Quantity(parameters.minGasPrice) else { throw AppError.gasPriceTooLow }
    }
    context.priority = method.priority ?? service.priority
    let result = try method.handle(context, transaction.body.bytes)
    if context.isCheckOnly { try TransactionAuthentication.finishCheck(context, transaction) }
    return result
  }

  private func route(_ context: Context, _ method: String) throws -> (service: any Service, method: Method) {
    guard let found = methods[method], try found.service.isEnabled(context.state) else {
      throw AppError.uncoded("mux: unknown method: \(method)")
    }
    return found
  }

  /// Calls a method for another service (sheet 03 §10.3).
  func dispatch(_ context: Context, _ method: String, _ body: [UInt8]) throws -> [UInt8]? {
    try route(context, method).method.handle(context, body)
  }

  // MARK: Mempool

  public func checkTransaction(_ request: CheckTransactionRequest) throws -> CheckTransactionResponse {
    var response = CheckTransactionResponse()
    do {
      let state = try checkState ?? freshCheckState()
      let context = Context(mode: .checkTransaction, state: state, chain: chain, block: nil, now: lastTime)
      defer {
        response.gasWanted = Int64(bitPattern: context.gas.wanted)
        response.gasUsed = Int64(bitPattern: context.gas.used)
      }
      response.data = try execute(context, request.transaction) ?? [0xf6]
      response.priority = context.priority
    } catch  where !error.isFatal {
      let result = ResultCode(of: error)
      (response.code, response.codespace, response.log) = (result.code, result.module, result.message)
      if request.kind == .recheck { onInvalidated(Hash.digest(request.transaction), result) }
    }
    return response
  }

  private func freshCheckState() throws -> StateTree {
    let state = try committedState()
    checkState = state
    return state
  }

  // MARK: Estimates

  /// The gas that a transaction of `signer` would use (sheet 03 §6.6).
  ///
  /// - Throws: `consensus`/1 before the first block.
  public func estimateGas(signer: PublicKey, _ transaction: Transaction) throws -> UInt64 {
    try estimateGas(signer: signer, transaction, in: try committedState())
  }

  func estimateGas(signer: PublicKey, _ transaction: Transaction, in state: StateTree) throws -> UInt64 {
    guard let parameters = try ConsensusState.parameters.get(state) else { throw AppError.noCommittedBlocks }
    var transaction = transaction
    transaction.fee = Fee(amount: Quantity(UInt64.max), gas: .max)
    let size = SignedEnvelope(blob: transaction.cbor(), signature: KeyedSignature()).cbor().count
    let context = Context(mode: .simulateTransaction, state: state, chain: chain, block: nil, now: lastTime)
    do { _ = try process(context, transaction, signer, size: size, parameters) } catch  where !error.isFatal {}
    return context.gas.used
  }
}

/// Nonces and fees: staking's part in every transaction (sheet 03 §6.3).
enum TransactionAuthentication {
  static func authenticate(_ context: Context, _ transaction: Transaction) throws {
    if context.isSimulation {
      context.gas = LimitedGas(limit: .max)
      return
    }
    let address = context.caller
    guard !address.isReserved else { throw AppError.uncoded("using reserved account address \(address) is prohibited") }
    let staking = StakingState(context.state)
    var account = try staking.account(address)
    guard account.general.nonce == transaction.nonce else { throw AppError.invalidNonce }
    let fee = transaction.fee ?? Fee()
    let minimum = try staking.parameters().minTransactBalance
    guard account.general.balance >= fee.amount + minimum else { throw AppError.balanceTooLow }
    if context.isCheckOnly {
      context.gas = LimitedGas(limit: fee.gas)
      let node = context.chain.node
      let isOwn = node.identity.map { Address($0) == address } ?? false
      if !isOwn, fee.gas > 0, fee.gasPrice < Quantity(node.minimumGasPrice) { throw AppError.gasPriceTooLow }
      return
    }
    guard let block = context.block else { throw StateError("a transaction is delivered outside of a block") }
    try block[StakingBlock.self].fees.move(fee.amount, from: &account.general.balance)
    account.general.nonce &+= 1  // wraps as the reference's
    staking.setAccount(address, account)
    if !fee.amount.isZero { context.emit(TransferEvent(from: address, to: .feeAccumulator, amount: fee.amount)) }
    context.gas = CompositeGas([LimitedGas(limit: fee.gas), block.gas])
  }

  /// A checked transaction takes its fee and nonce in the mempool's view.
  static func finishCheck(_ context: Context, _ transaction: Transaction) throws {
    let staking = StakingState(context.state)
    var account = try staking.account(context.caller)
    let fee = transaction.fee ?? Fee()
    guard account.general.balance >= fee.amount else { throw AppError.insufficientFeeBalance }
    try account.general.balance.subtract(fee.amount)
    account.general.nonce &+= 1
    staking.setAccount(context.caller, account)
  }
}
