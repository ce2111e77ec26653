public import OasisCrypto

/// A validator's part in the last commit.
public struct CommitVote: Hashable, Sendable {
  /// First 20 bytes of SHA-256 of the consensus key.
  public var address: [UInt8]
  public var power: Int64
  /// Nil votes count as signed (sheet 03 §11).
  public var signed: Bool

  public init(address: [UInt8], power: Int64, signed: Bool) { (self.address, self.power, self.signed) = (address, power, signed) }
}

/// Evidence of a validator's misbehaviour in a block.
public struct Misbehavior: Hashable, Sendable {
  /// What a validator did.
  public enum Kind: Hashable, Sendable { case duplicateVote, lightClientAttack, other(Int32) }
  public var kind: Kind
  /// First 20 bytes of SHA-256 of the consensus key.
  public var validatorAddress: [UInt8]
  public var height: Int64

  public init(kind: Kind, validatorAddress: [UInt8], height: Int64) {
    (self.kind, self.validatorAddress, self.height) = (kind, validatorAddress, height)
  }
}

/// A change of a validator's voting power, 0 to remove it.
public struct ValidatorChange: Hashable, Sendable {
  public var publicKey: PublicKey
  public var power: Int64

  public init(publicKey: PublicKey, power: Int64) { (self.publicKey, self.power) = (publicKey, power) }
}

/// A value that a service keeps for the time of one block, such as collected fees. See ``BlockContext/subscript(_:)``.
public protocol BlockValue {
  init()
}

/// What lives from BeginBlock to Commit.
public final class BlockContext {
  public let time: BlockTime
  public let proposerAddress: [UInt8]
  public let lastCommit: [CommitVote]
  public let misbehavior: [Misbehavior]
  /// Gas of the whole block.
  public let gas: any GasAccountant
  /// CBOR of the provable events so far.
  var provableEvents: [[UInt8]] = []
  /// Block metadata transactions seen.
  var systemTransactions: [SystemTransaction] = []
  private var values: [ObjectIdentifier: any BlockValue] = [:]

  public init(time: BlockTime, proposerAddress: [UInt8], lastCommit: [CommitVote], misbehavior: [Misbehavior], gas: any GasAccountant) {
    (self.time, self.proposerAddress, self.lastCommit, self.misbehavior, self.gas) = (time, proposerAddress, lastCommit, misbehavior, gas)
  }

  /// A service's value for this block, fresh at the first access.
  public subscript<Value: BlockValue>(_ type: Value.Type) -> Value {
    get { values[ObjectIdentifier(type)] as? Value ?? Value() }
    set { values[ObjectIdentifier(type)] = newValue }
  }
}

struct SystemTransaction {
  var method: String
  var body: [UInt8]
}
