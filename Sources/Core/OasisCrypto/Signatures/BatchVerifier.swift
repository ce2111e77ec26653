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
  ///
  /// Good ones cost half of what they cost alone from some ten on; of up to 64 that are checked together, one bad one has all of them
  /// checked one by one.
  public func verify() -> [Bool] {
    let claims = items.map(claim)
    var verdicts = claims.map { $0 != nil }
    let wellFormed = claims.indices.filter { verdicts[$0] }
    for start in stride(from: 0, to: wellFormed.count, by: SignatureClaim.batchSize) {
      let group = wellFormed[start..<min(start + SignatureClaim.batchSize, wellFormed.count)]
      let groupClaims = group.compactMap { claims[$0] }
      if groupClaims.count > 1, SignatureClaim.areAllValid(groupClaims[...]) { continue }
      for (index, claim) in zip(group, groupClaims) { verdicts[index] = claim.isValid }
    }
    return verdicts
  }

  /// Whether there is at least one signature and all are good.
  public func verifyAll() -> Bool {
    guard !items.isEmpty else { return false }
    for start in stride(from: 0, to: items.count, by: SignatureClaim.batchSize) {
      var claims: [SignatureClaim] = []
      for item in items[start..<min(start + SignatureClaim.batchSize, items.count)] {
        guard let claim = claim(item) else { return false }
        claims.append(claim)
      }
      guard claims.count == 1 ? claims[0].isValid : SignatureClaim.areAllValid(claims[...]) else { return false }
    }
    return true
  }

  private func claim(_ item: Item) -> SignatureClaim? {
    item.isRefused
      ? nil : item.message.withUnsafeBytes { SignatureClaim(publicKey: item.publicKey, message: $0, signature: item.signature) }
  }
}
