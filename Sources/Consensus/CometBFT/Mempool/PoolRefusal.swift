/// Why the pool does not take a transaction, before or after the application has said that it is good. The texts are those of the reference
/// where it has them.
public enum PoolRefusal: Hashable, Sendable, CustomStringConvertible {
  /// It is in the pool, or was seen lately.
  case known
  /// The pool or a block has no room for so many bytes.
  case tooLarge(bytes: Int64, limit: Int64)
  /// No block has so much gas.
  case tooMuchGas(wanted: Int64, limit: Int64)
  /// The pool holds one of the same sender.
  case sameSender
  /// There is no room, and nothing of lower priority. Passes by itself.
  case full

  public var description: String {
    switch self {
    case .known: "tx already exists in cache"
    case .tooLarge(let bytes, let limit): "Tx too large. Max size is \(limit), but got \(bytes)"
    case .tooMuchGas(let wanted, let limit): "gas wanted \(wanted) is greater than max gas \(limit)"
    case .sameSender: "a transaction of the same sender is in the pool"
    case .full: "mempool is full"
    }
  }
}
