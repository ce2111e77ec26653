internal import CBOR
public import OasisTypes
public import Wire

/// One service of the consensus layer.
public protocol Service: AnyObject {
  /// Full name; services run in ascending order of it, such as `100_staking`.
  var name: String { get }
  /// Mempool priority of its transactions.
  var priority: Int64 { get }
  /// Its transaction methods.
  var methods: [Method] { get }
  /// Subscribes to messages; called once, in registration order (sheet 03 §3).
  func subscribe(to messages: MessageDispatcher)
  /// Whether its methods and subscriptions exist at present.
  func isEnabled(_ state: StateTree) throws -> Bool
  func initChain(_ context: Context, _ request: InitChainRequest) throws
  func beginBlock(_ context: Context) throws
  /// Returns changes of the validator set; only the scheduler's count.
  func endBlock(_ context: Context) throws -> [ValidatorChange]
  /// Its sections of the genesis document that describes `state`.
  func exportGenesis(_ state: StateTree, _ request: ExportRequest) throws -> [GenesisSection]
}

extension Service {
  public var priority: Int64 { 0 }
  public var methods: [Method] { [] }
  public func subscribe(to messages: MessageDispatcher) {}
  public func isEnabled(_ state: StateTree) throws -> Bool { true }
  public func beginBlock(_ context: Context) throws {}
  public func endBlock(_ context: Context) throws -> [ValidatorChange] { [] }
}

/// A transaction method of a service.
public struct Method {
  /// Full name, such as `staking.Transfer`.
  public let name: String
  /// Mempool priority where it differs from the service's.
  public let priority: Int64?
  /// Takes the body's CBOR (empty if absent) and returns the CBOR of the result (nil: null).
  public let handle: (Context, _ body: [UInt8]) throws -> [UInt8]?

  /// A method by its full name, such as `staking.Transfer`.
  public init(_ name: String, priority: Int64? = nil, handle: @escaping (Context, _ body: [UInt8]) throws -> [UInt8]?) {
    (self.name, self.priority, self.handle) = (name, priority, handle)
  }

  /// A method with a typed body and no result. A body that does not decode is `malformed`; an absent one is the zero value.
  public init<Body: WireValue>(
    _ name: String, _ body: Body.Type, malformed: AppError, priority: Int64? = nil, handle: @escaping (Context, Body) throws -> Void
  ) {
    self.init(name, priority: priority) { context, bytes in
      try handle(context, try Body.decodeBody(bytes, malformed: malformed))
      return nil
    }
  }
}

extension WireValue {
  /// Decodes a transaction's body: strict, and the zero value if the body is absent.
  public static func decodeBody(_ bytes: [UInt8], malformed: AppError) throws -> Self {
    guard !bytes.isEmpty else { return Self() }
    do { return try Self.decode(cbor: bytes, mode: .untrusted) } catch { throw malformed.wrapped("\(error)") }
  }
}

/// What InitChain gives to the services.
public struct InitChainRequest {
  public var genesis: Genesis
  /// The validators that CometBFT starts with.
  public var validators: [ValidatorChange]

  public init(genesis: Genesis, validators: [ValidatorChange]) { (self.genesis, self.validators) = (genesis, validators) }
}

/// What an export needs besides the state.
public struct ExportRequest {
  /// The document that the chain began with.
  public var genesis: Genesis
  public var height: Int64

  public init(genesis: Genesis, height: Int64) { (self.genesis, self.height) = (genesis, height) }
}

/// A section of the genesis document by its JSON key.
public struct GenesisSection {
  public var key: String
  public var value: any WireValue

  public init(_ key: String, _ value: any WireValue) { (self.key, self.value) = (key, value) }
}
