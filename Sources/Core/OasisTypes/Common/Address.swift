public import Bytes
public import JSONText
public import OasisCrypto
public import Wire

/// The domain of an address: an identifier and a version byte. (Sheet 01 §7.1.)
public struct AddressContext: Hashable, Sendable {
  public let identifier: String
  public let version: UInt8

  /// An identifier has 1 to 64 bytes, else nil.
  public init?(_ identifier: String, version: UInt8) {
    guard (1...64).contains(identifier.utf8.count) else { return nil }
    self.init(known: identifier, version: version)
  }

  private init(known identifier: String, version: UInt8) { (self.identifier, self.version) = (identifier, version) }

  /// Accounts of public keys.
  public static let staking = AddressContext(known: "oasis-core/address: staking", version: 0)
  /// Accounts of runtimes.
  public static let runtime = AddressContext(known: "oasis-core/address: runtime", version: 0)
  /// Accounts of modules, in the consensus layer and in runtimes.
  public static let module = AddressContext(known: "oasis-core/address: module", version: 0)
}

/// An account address: a version byte and 20 bytes of a hash; `oasis1…` as text. (Sheet 01 §7.)
public struct Address: FixedByteWrapper, WireBytes {
  public var storage = FixedBytes<21>()

  /// 21 zero bytes, `oasis1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq0ltrq9`.
  public init() {}

  /// The address of data in a context.
  public init(context: AddressContext, data: [UInt8]) {
    let hash = Hash.digest(Array(context.identifier.utf8), [context.version], data)
    self = Address([context.version] + hash.truncated(to: 20)) ?? Address()
  }

  /// The account of a public key.
  public init(_ publicKey: PublicKey) { self.init(context: .staking, data: publicKey.bytes) }

  /// The account of a runtime.
  public init(runtime: Namespace) { self.init(context: .runtime, data: runtime.bytes) }

  /// The account of a module, of some kind within it.
  public init(module: String, kind: String) { self.init(context: .module, data: Array("\(module).\(kind)".utf8)) }

  /// The account of a vault, numbered per creator.
  public init(vaultOf creator: Address, id: UInt64) { self.init(module: "vault", kind: "vault.\(creator).\(id)") }

  /// The address that a text stands for; nil if it is none.
  public init?(text: String) {
    guard let (prefix, bytes) = Bech32.decode(text), prefix == Address.prefix else { return nil }
    self.init(bytes)
  }

  private static let prefix = "oasis"

  /// Bech32 text.
  public var description: String { Bech32.encode(prefix: Address.prefix, bytes) }

  public var wireText: String { description }

  public init(wireText: String) throws(JSONError) {
    guard let address = Address(text: wireText) else { throw JSONError("address: decoding from bech32 failed: \(wireText)") }
    self = address
  }

  /// Whether nobody may use the address as an account, delegator, beneficiary or signer.
  public var isReserved: Bool { Address.reserved.contains(self) }
}

extension Address {
  /// Rewards are paid from here.
  public static let commonPool = Address(ReservedKeys.commonPool)
  /// Fees of the current block.
  public static let feeAccumulator = Address(ReservedKeys.feeAccumulator)
  /// Deposits of open proposals.
  public static let governanceDeposits = Address(ReservedKeys.governanceDeposits)
  /// What is sent here is burned.
  public static let burn = Address(ReservedKeys.burn)

  /// The addresses of sheet 01 §7.3.
  public static let reserved: Set<Address> = [commonPool, feeAccumulator, governanceDeposits, burn]
}
