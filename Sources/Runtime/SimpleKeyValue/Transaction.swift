internal import Bytes
public import CBOR
internal import OasisTypes
public import Wire

/// A transaction of the example: unsigned, its sender is any byte string (sheet 11 C.1).
public struct KeyValueTransaction: WireMap, Hashable, Sendable {
  public var sender: [UInt8] = []
  public var nonce: UInt64 = 0
  public var method = ""
  public var arguments = RawCBOR()

  public init() {}

  public init(sender: [UInt8], nonce: UInt64, method: String, arguments: RawCBOR) {
    self.sender = sender
    self.nonce = nonce
    self.method = method
    self.arguments = arguments
  }

  public static let fields: [Field<Self>] = [
    .init("sender", \.sender), .init("nonce", \.nonce), .init("method", \.method), .init("args", \.arguments),
  ]
}

/// What a transaction came to: `{Success: value}` or `{Error: text}`.
enum Output {
  case success([UInt8])
  case failure(String)

  static let null = Output.success([0xf6])

  static func value(_ text: String?) -> Output { .success(text.cbor()) }

  var bytes: [UInt8] {
    var writer = CBORWriter()
    writer.writeMapHead(1)
    switch self {
    case .success(let value):
      writer.write(text: "Success")
      writer.write(verbatim: value)
    case .failure(let text):
      writer.write(text: "Error")
      writer.write(text: text)
    }
    return writer.bytes
  }
}

struct KeyArguments: WireMap, Hashable {
  var key = ""
  var generation: UInt64 = 0
  var churpID: UInt8 = 0
  init() {}
  static let fields: [Field<Self>] = [.init("key", \.key), .init("generation", \.generation), .init("churp_id", \.churpID)]
}

struct InsertArguments: WireMap, Hashable {
  var key = ""
  var value = ""
  var generation: UInt64 = 0
  var churpID: UInt8 = 0
  init() {}
  static let fields: [Field<Self>] = [
    .init("key", \.key), .init("value", \.value), .init("generation", \.generation), .init("churp_id", \.churpID),
  ]
}

struct WithdrawArguments: WireMap, Hashable {
  var withdraw = Withdraw()
  init() {}
  static let fields: [Field<Self>] = [.init("withdraw", \.withdraw)]
}

struct TransferArguments: WireMap, Hashable {
  var transfer = Transfer()
  init() {}
  static let fields: [Field<Self>] = [.init("transfer", \.transfer)]
}

struct AddEscrowArguments: WireMap, Hashable {
  var escrow = Escrow()
  init() {}
  static let fields: [Field<Self>] = [.init("escrow", \.escrow)]
}

struct ReclaimEscrowArguments: WireMap, Hashable {
  var reclaim = ReclaimEscrow()
  init() {}
  static let fields: [Field<Self>] = [.init("reclaim_escrow", \.reclaim)]
}

struct UpdateRuntimeArguments: WireMap, Hashable {
  var runtime = Registry.Runtime()
  init() {}
  static let fields: [Field<Self>] = [.init("update_runtime", \.runtime)]
}
