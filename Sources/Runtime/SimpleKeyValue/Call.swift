internal import Bytes
internal import CBOR
internal import MKVS
internal import OasisRuntimeSDK
internal import OasisTypes
internal import Wire

/// One call in a context: as a check (which changes nothing but is strict about arguments) or for good (sheet 11 C.3).
struct Call {
  typealias Result = (output: Output, tags: [ExecutedBatch.Tag])

  private let context: RoundContext
  private let isCheck: Bool
  /// The longest value, in bytes of UTF-8.
  private static let maxValue = 128

  /// The longest key, in bytes of UTF-8: in the I/O tree it stands between a mark of 13 bytes and a hash with its kind, and no key of a
  /// tree has more than 8,191. A longer one would fail the batch that holds it, and every batch after.
  private static let maxKey = 8191 - 13 - 33

  init(_ context: RoundContext, isCheck: Bool) {
    self.context = context
    self.isCheck = isCheck
  }

  static func messageKey(_ index: UInt32) -> [UInt8] { [0] + index.bigEndianBytes }
  private static func nonceKey(_ sender: [UInt8]) -> [UInt8] { [0xff] + sender }

  /// The next nonce of a sender.
  func nonce(of sender: [UInt8]) throws -> UInt64 {
    guard let bytes = try context.state.get(Self.nonceKey(sender)) else { return 0 }
    guard let nonce = UInt64(bigEndianBytes: bytes) else { throw GuestAbort("corrupted nonce") }
    return nonce
  }

  /// Checks the nonce and runs the method. A nonce stays used when the method fails.
  func dispatch(_ transaction: KeyValueTransaction) throws -> Result {
    guard transaction.sender.count <= Self.maxKey else { return (.failure("Sender too long."), []) }
    let expected = try nonce(of: transaction.sender)
    let isWrong = isCheck ? transaction.nonce < expected : transaction.nonce != expected
    if isWrong { return (.failure("Invalid nonce: \(transaction.nonce)"), []) }
    if !isCheck { try context.state.insert(Self.nonceKey(transaction.sender), (transaction.nonce &+ 1).bigEndianBytes) }
    let arguments = transaction.arguments.bytes.isEmpty ? RawCBOR([0xf6]) : transaction.arguments
    return try run(transaction.method, arguments)
  }

  /// Runs a method without looking at a nonce.
  func run(_ method: String, _ arguments: RawCBOR) throws -> Result {
    do {
      switch method {
      case "get_runtime_id": return try runtimeID(arguments)
      case "insert": return try insert(try decode(arguments))
      case "get": return try get(try decode(arguments))
      case "remove": return try remove(try decode(arguments))
      case "consensus_accounts": return try accounts(arguments)
      case "consensus_withdraw":
        let decoded: WithdrawArguments = try decode(arguments)
        return try send("withdraw") { $0.withdraw = decoded.withdraw }
      case "consensus_transfer":
        let decoded: TransferArguments = try decode(arguments)
        return try send("transfer") { $0.transfer = decoded.transfer }
      case "consensus_add_escrow":
        let decoded: AddEscrowArguments = try decode(arguments)
        return try send("add_escrow") { $0.addEscrow = decoded.escrow }
      case "consensus_reclaim_escrow":
        let decoded: ReclaimEscrowArguments = try decode(arguments)
        return try send("reclaim_escrow") { $0.reclaimEscrow = decoded.reclaim }
      case "update_runtime":
        let decoded: UpdateRuntimeArguments = try decode(arguments)
        var message = RootHash.Message(), registry = RootHash.RegistryMessage()
        registry.updateRuntime = decoded.runtime
        message.registry = registry
        return try send("update_runtime", message)
      default: return (.failure("method not found"), [])
      }
    } catch is CBORError {
      return (.failure("malformed call arguments"), [])
    }
  }

  private func decode<T: WireValue>(_ arguments: RawCBOR) throws(CBORError) -> T {
    // Null stands for a struct without fields set, as for every missing value (sheet 11 A.1).
    if arguments.bytes == [0xf6] { return T() }
    return try T.decode(cbor: arguments.bytes, mode: .guest)
  }

  private func requireNull(_ arguments: RawCBOR) throws(CBORError) {
    guard arguments.bytes == [0xf6] else {
      throw CBORError(.typeMismatch(expected: "null", found: "something else"), offset: 0)
    }
  }

  private func runtimeID(_ arguments: RawCBOR) throws -> Result {
    try requireNull(arguments)
    return (.value(context.header.namespace.hex), [])
  }

  // MARK: Keys and values

  /// A stored value as text. State also holds what is none (the epoch, nonces), which a key of one byte can reach.
  private func text(_ bytes: [UInt8]?, _ tags: [ExecutedBatch.Tag]) -> Result {
    guard let bytes else { return (.null, tags) }
    guard let text = String(validating: bytes, as: UTF8.self) else { return (.failure(UTF8Problem(bytes).description), []) }
    return (.value(text), tags)
  }

  private func tags(_ operation: String, _ key: String) -> [ExecutedBatch.Tag] {
    [.init(Array("kv_op".utf8), Array(operation.utf8)), .init(Array("kv_key".utf8), Array(key.utf8))]
  }

  /// Why a key cannot be used, or nil. Five bytes that begin with zero are the mark of a message that was sent.
  private func fault(_ key: String) -> String? {
    if key.utf8.count > Self.maxKey { return "Key too big." }
    return key.utf8.count == 5 && key.utf8.first == 0 ? "Key is reserved." : nil
  }

  private func insert(_ arguments: InsertArguments) throws -> Result {
    if let fault = fault(arguments.key) { return (.failure(fault), []) }
    guard arguments.value.utf8.count <= Self.maxValue else { return (.failure("Value too big to be inserted."), []) }
    if isCheck { return (.null, []) }
    let key = Array(arguments.key.utf8)
    let previous = try context.state.get(key)
    try context.state.insert(key, Array(arguments.value.utf8))
    let tag = ExecutedBatch.Tag(Array("kv_insertion.".utf8) + key, [])
    return text(previous, tags("insert", arguments.key) + [tag])
  }

  private func get(_ arguments: KeyArguments) throws -> Result {
    if let fault = fault(arguments.key) { return (.failure(fault), []) }
    if isCheck { return (.null, []) }
    return text(try context.state.get(Array(arguments.key.utf8)), tags("get", arguments.key))
  }

  private func remove(_ arguments: KeyArguments) throws -> Result {
    if let fault = fault(arguments.key) { return (.failure(fault), []) }
    if isCheck { return (.null, []) }
    return text(try context.state.removeExisting(Array(arguments.key.utf8)), tags("remove", arguments.key))
  }

  // MARK: The consensus layer

  private func send(_ kind: String, _ fill: (inout StakingMessage) -> Void) throws -> Result {
    var message = RootHash.Message(), staking = StakingMessage()
    fill(&staking)
    message.staking = staking
    return try send(kind, message)
  }

  /// Emits a message and marks its index with its kind, for the round in which the result comes.
  private func send(_ kind: String, _ message: RootHash.Message) throws -> Result {
    if isCheck { return (context.maxMessages < 1 ? .failure("message limit too low") : .null, []) }
    guard let index = context.emit(message) else { return (.failure("message limit too low"), []) }
    try context.state.insert(Self.messageKey(index), Array(kind.utf8))
    return (.null, [])
  }

  /// All accounts and delegations of the consensus layer.
  private func accounts(_ arguments: RawCBOR) throws -> Result {
    try requireNull(arguments)
    var accounts: [Address: Account] = [:], delegations: [Address: [Address: Delegation]] = [:]
    if !isCheck {
      for (key, value) in try context.consensus.pairs(prefix: StateKey(0x50)) {
        guard let address = Address(key.dropFirst()) else { throw GuestAbort("corrupted consensus state") }
        accounts[address] = try Account.decode(cbor: value, mode: .trusted)
      }
      for (key, value) in try context.consensus.pairs(prefix: StateKey(0x53)) {
        guard key.count == 43, let escrow = Address(key[1..<22]), let delegator = Address(key[22...]) else {
          throw GuestAbort("corrupted consensus state")
        }
        delegations[escrow, default: [:]][delegator] = try Delegation.decode(cbor: value, mode: .trusted)
      }
    }
    var writer = CBORWriter()
    writer.writeArrayHead(2)
    accounts.encode(to: &writer)
    delegations.encode(to: &writer)
    return (.success(writer.bytes), [])
  }
}
