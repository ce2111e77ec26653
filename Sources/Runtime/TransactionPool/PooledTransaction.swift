internal import Bytes
public import OasisCrypto
public import RuntimeProtocol

/// A transaction with what the runtime said of it.
public struct PooledTransaction: Hashable, Sendable {
  /// The transaction.
  public let bytes: [UInt8]
  /// Its hash.
  public let hash: Hash
  /// Higher goes first.
  public let priority: UInt64
  /// Who sends; where the runtime does not say, the transaction's own hash: each is then a sender of its own.
  public let sender: [UInt8]
  /// Its number among those of the sender.
  public let sequence: UInt64

  /// A checked transaction.
  public init(bytes: [UInt8], hash: Hash, metadata: CheckTxMetadata) {
    (self.bytes, self.hash, priority, sequence) = (bytes, hash, metadata.priority, metadata.senderSequence)
    sender = metadata.sender.isEmpty ? hash.bytes : metadata.sender
  }
}

/// Why the pool refused a transaction.
public enum PoolError: Error, Hashable, Sendable, CustomStringConvertible {
  /// It is or was here already.
  case duplicate
  /// Too many wait to be checked.
  case checkQueueFull
  /// No batch could hold it.
  case tooLarge(size: Int, limit: Int)
  /// Its number was used.
  case expired
  /// There is one with its number and at least its priority.
  case replacementUnderpriced
  /// The pool is full of better ones.
  case underpriced

  /// The reason, in the reference's words.
  public var description: String {
    switch self {
    case .duplicate: "duplicate transaction"
    case .checkQueueFull: "check queue is full"
    case .tooLarge(let size, let limit): "transaction of \(size) bytes is too large (limit: \(limit))"
    case .expired: "transaction expired"
    case .replacementUnderpriced: "replacement transaction underpriced"
    case .underpriced: "transaction underpriced"
    }
  }
}
