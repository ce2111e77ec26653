internal import Bytes

/// Collects signatures and checks them together, by the rule of single ones. (Sheet 01 §3.2.)
public struct BatchVerifier: Sendable {
  private struct Item: Sendable {
    let publicKey: PublicKey
    let message: [UInt8]
    let signature: Signature
    let isRefused: Bool
  }

  private var items: [Item] = []
  private let blacklist: PublicKeyBlacklist

  /// A batch that refuses signatures of blacklisted keys made under contexts.
  public init(blacklist: PublicKeyBlacklist = .production) { self.blacklist = blacklist }

  /// Number of signatures collected.
  public var count: Int { items.count }

  /// Adds a signature on H(context || message).
  public mutating func add(_ signature: Signature, publicKey: PublicKey, message: [UInt8], context: SignatureContext) {
    let prepared = try? context.prepare(message)
    items.append(
      Item(
        publicKey: publicKey, message: prepared?.bytes ?? [], signature: signature,
        isRefused: prepared == nil || blacklist.contains(publicKey)))
  }

  /// Adds a signature on the message itself, without context and blacklist.
  public mutating func addRaw(_ signature: Signature, publicKey: PublicKey, message: [UInt8]) {
    items.append(Item(publicKey: publicKey, message: message, signature: signature, isRefused: false))
  }

  /// The verdict on each signature, in the order of adding.
  public func verify() -> [Bool] {
    items.map { !$0.isRefused && $0.publicKey.verifyRaw($0.signature, message: $0.message) }
  }

  /// Whether there is at least one signature and all are good.
  public func verifyAll() -> Bool {
    !items.isEmpty && items.allSatisfy { !$0.isRefused && $0.publicKey.verifyRaw($0.signature, message: $0.message) }
  }
}
