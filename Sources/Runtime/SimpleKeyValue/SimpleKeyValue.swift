internal import Bytes
internal import CBOR
internal import MKVS
internal import OasisCrypto
public import OasisRuntimeSDK
public import OasisTypes
public import RuntimeProtocol
internal import Wire

/// The example ParaTime: keys and values, and messages to the consensus layer. Answers the same calls as the reference's test
/// runtime (sheet 11 C), except those that need a key manager.
public struct SimpleKeyValue: ParaTime {
  public let version: Version
  public let initialBatchSize: UInt32 = 100
  /// The largest batch it schedules.
  static let maxBatch = 100

  public init(version: Version = Version()) {
    self.version = version
  }

  // MARK: Batches

  public func execute(_ batch: [[UInt8]], mode: ExecutionMode, in context: RoundContext) throws -> ExecutedBatch {
    try beginBlock(context)
    for message in context.incomingMessages {
      // Whatever comes of it, the message counts as processed.
      guard let transaction = try? decode(message.data) else { continue }
      _ = try Call(context, isCheck: false).dispatch(transaction)
    }
    var result = ExecutedBatch()
    result.incomingMessageCount = context.incomingMessages.count
    for input in batch {
      let transaction = try decode(input)
      if mode == .schedule {
        guard result.results.count < Self.maxBatch else { break }
        if case .failure = try Call(context, isCheck: true).dispatch(transaction).output {
          result.rejected.append(Hash.digest(input))
          continue
        }
      }
      let (output, tags) = try Call(context, isCheck: false).dispatch(transaction)
      result.results.append(.init(input: input, output: output.bytes, tags: tags))
    }
    return result
  }

  public func check(_ batch: [[UInt8]], in context: RoundContext) throws -> [CheckTxResult] {
    try batch.map { input in
      let transaction = try decode(input)
      var result = CheckTxResult()
      switch try Call(context, isCheck: true).dispatch(transaction).output {
      case .success:
        var metadata = CheckTxMetadata()
        metadata.sender = transaction.sender
        metadata.senderSequence = transaction.nonce
        metadata.senderStateSequence = try Call(context, isCheck: true).nonce(of: transaction.sender)
        result.metadata = metadata
      case .failure(let text): result.error = Self.error(text)
      }
      return result
    }
  }

  public func query(_ method: String, _ arguments: [UInt8], in context: RoundContext) throws -> [UInt8] {
    guard method == "get_runtime_id" || method == "get" else { throw Self.error("method not found") }
    switch try Call(context, isCheck: false).run(method, RawCBOR(arguments.isEmpty ? [0xf6] : arguments)).output {
    case .success(let value): return value
    case .failure(let text): throw Self.error(text)
    }
  }

  static func error(_ text: String) -> CallError { CallError(module: "test", code: 1, message: text) }

  private func decode(_ input: [UInt8]) throws(CallError) -> KeyValueTransaction {
    do { return try KeyValueTransaction.decode(cbor: input, mode: .guest) } catch { throw Self.error("malformed transaction") }
  }

  // MARK: Results of messages

  /// Takes back the marks of the messages whose results came in, and notes the epoch.
  private func beginBlock(_ context: RoundContext) throws {
    for event in context.roundResults.messages {
      let key = Call.messageKey(event.index)
      guard let kind = try context.state.removeExisting(key).map({ String(decoding: $0, as: UTF8.self) }) else {
        throw GuestAbort("result of a message that was not sent: \(event.index)")
      }
      do { try accept(kind, event, context) } catch let error as CBORError {
        throw GuestAbort("result of message \(event.index) (\(kind)) cannot be decoded: \(error)")
      }
    }
    try context.state.forEach(prefix: [0]) { key, _ in
      if key.count == 5 { throw GuestAbort("a message without result is left") }
      return true
    }
    try context.state.insert([2], context.epoch.bigEndianBytes)
  }

  private func accept(_ kind: String, _ event: RootHash.MessageEvent, _ context: RoundContext) throws {
    let result = event.result.bytes
    switch kind {
    case "withdraw": _ = try WithdrawResult.decode(cbor: result, mode: .guest)
    case "add_escrow": _ = try AddEscrowResult.decode(cbor: result, mode: .guest)
    case "reclaim_escrow": _ = try ReclaimEscrowResult.decode(cbor: result, mode: .guest)
    case "update_runtime": _ = try RawCBOR.decode(cbor: result, mode: .guest)
    case "transfer": try findTransfer(try TransferResult.decode(cbor: result, mode: .guest), context)
    default: throw GuestAbort("unknown message kind \(kind)")
    }
  }

  /// The transfer must show in the events of a consensus block, from the present one downwards.
  private func findTransfer(_ result: TransferResult, _ context: RoundContext) throws {
    var height = context.consensus.height
    while height > 0 {
      for event in try context.host.consensusEvents(height: height, kind: .staking) where !event.staking.bytes.isEmpty {
        guard let transfer = try StakingEvent.decode(cbor: event.staking.bytes, mode: .trusted).transfer else { continue }
        if transfer.from == result.from, transfer.to == result.to, transfer.amount == result.amount { return }
      }
      height -= 1
    }
    throw GuestAbort("no transfer event for the result of a transfer")
  }
}
