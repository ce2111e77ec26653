public import CBOR
public import Wire

/// An unsigned transaction of the consensus layer (sheet 01 §12).
public struct Transaction: WireMap, Hashable, Sendable {
  public var nonce: UInt64 = 0
  public var fee: Fee?
  /// Module and method, such as `staking.Transfer`.
  public var method = ""
  /// The body as an embedded value; empty if the method takes none.
  public var body = RawCBOR()
  public init() {}
  public init(nonce: UInt64, fee: Fee?, method: String, body: RawCBOR) {
    (self.nonce, self.fee, self.method, self.body) = (nonce, fee, method, body)
  }
  public static var isMandatoryForGuest: Bool { true }
  public static let fields: [Field<Self>] = [
    .init("nonce", \.nonce),
    .init("fee", \.fee, .omitEmpty),
    .init("method", \.method),
    .init("body", \.body, .omitEmpty),
  ]
}

/// What a transaction pays.
public struct Fee: WireMap, Hashable, Sendable {
  /// Base units.
  public var amount = Quantity()
  /// Gas limit.
  public var gas: UInt64 = 0
  public init() {}
  public init(amount: Quantity, gas: UInt64) { (self.amount, self.gas) = (amount, gas) }
  public static let fields: [Field<Self>] = [.init("amount", \.amount), .init("gas", \.gas)]

  /// Base units per gas: the quotient rounded down, 0 without gas.
  public var gasPrice: Quantity { (try? amount.divided(by: Quantity(gas))) ?? .zero }
}
