internal import Synchronization

/// Verifies signatures of keys that come again and again, such as a validator set's, some three times faster than one by one.
///
/// Verdicts are those of `PublicKey.verifyRaw`. A key is prepared at its third signature; at most `capacity` keys (8 KB each) are
/// kept, and those unused for longest are dropped first. Safe to use from several threads.
public final class VerificationCache: Sendable {
  private struct Entries {
    var recent: [PublicKey: Entry] = [:]
    var older: [PublicKey: Entry] = [:]
  }

  private enum Entry {
    case seen(Int)
    case prepared(PreparedKey)
    /// No signature of the key can be valid.
    case invalid
  }

  private let entries = Mutex(Entries())
  private let capacity: Int

  /// A cache for at most this many keys.
  public init(capacity: Int = 1024) { self.capacity = max(capacity, 2) }

  /// Whether the signature on the message itself is the key's.
  public func verifyRaw(_ signature: Signature, publicKey: PublicKey, message: [UInt8]) -> Bool {
    switch entry(of: publicKey) {
    case .invalid: false
    case .prepared(let key): message.withUnsafeBytes { key.verify(signature, message: $0) }
    case .seen: publicKey.verifyRaw(signature, message: message)
    }
  }

  private func entry(of key: PublicKey) -> Entry {
    let known = entries.withLock { entries -> Entry in
      var entry = entries.recent[key] ?? entries.older[key] ?? .seen(0)
      if case .seen(let count) = entry { entry = .seen(count + 1) }
      remember(entry, of: key, in: &entries)
      return entry
    }
    guard case .seen(3...) = known else { return known }
    // Worked out without the lock; a second thread may do the same once.
    let entry = PreparedKey(key).map { Entry.prepared($0) } ?? .invalid
    entries.withLock { remember(entry, of: key, in: &$0) }
    return entry
  }

  private func remember(_ entry: Entry, of key: PublicKey, in entries: inout Entries) {
    if entries.recent.updateValue(entry, forKey: key) == nil, entries.recent.count >= capacity / 2 {
      entries.older = entries.recent
      entries.recent = [:]
    }
  }
}
