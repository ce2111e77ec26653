internal import Bytes

/// Keys whose signatures and proofs are never accepted. (Sheet 01 §3.6.)
///
/// Consensus-relevant: every node of a network has to hold the same set.
public struct PublicKeyBlacklist: Hashable, Sendable {
  private var keys: Set<PublicKey>

  /// The keys of the reserved staking addresses only: what debug networks with test keys use.
  public static let reserved = PublicKeyBlacklist(keys: Set(ReservedKeys.all))
  /// The reserved keys and all known test keys: what every other network uses.
  public static let production = PublicKeyBlacklist(keys: Set(ReservedKeys.all + TestKeys.all))

  private init(keys: Set<PublicKey>) { self.keys = keys }

  /// Whether the key is in the set.
  public func contains(_ key: PublicKey) -> Bool { keys.contains(key) }

  /// Adds a key, as the genesis document's list does; false when it was there already, which is an error at start-up.
  @discardableResult
  public mutating func insert(_ key: PublicKey) -> Bool { keys.insert(key).inserted }
}

/// The public keys of the reserved staking addresses. (Sheet 01 §7.3.)
public enum ReservedKeys {
  public static let commonPool = key("1abe11edc001", filledWith: 0xff)
  public static let feeAccumulator = key("1abe11edfeeacc", filledWith: 0xff)
  public static let governanceDeposits = key("1abe11eddeaccf", filledWith: 0xff)
  /// Hash-to-curve of a fixed text: nobody knows its private key.
  public static let burn = key("8a4a49afa334bd61da65766d9b2cc8e7c263ba9a446f36e5227f3ec5c0988825", filledWith: 0)

  /// All of them.
  public static let all = [commonPool, feeAccumulator, governanceDeposits, burn]
}

/// Keys that the reference's tests and debug networks use: seeds that anybody can compute.
public enum TestKeys {
  /// Signer of the debug test entity.
  public static let entity = MemorySigner(seed: seed("ekiden test entity key seed"))
  /// Insecure runtime attestation key of the test key manager.
  public static let keyManagerRAK = MemorySigner(seed: seed("ekiden test key manager RAK seed"))
  /// Signers of the test key manager's policy.
  public static let keyManagerPolicy = (0..<3).map { MemorySigner(seed: seed("ekiden key manager test multisig key \($0)")) }
  /// Entity of the migration test.
  public static let migrationEntity = MemorySigner(seed: seed("__e2e-test-migration-entity"))
  /// Signer that sets the epoch of a mock beacon.
  public static let mockEpoch = MemorySigner(seed: seed("oasis-core epochtime mock key seed"))
  /// An old insecure signing key.
  public static let oldSigningKey = key("9d41a874b80e39a40c9644e964f0e4f967100c91654bfd7666435fe906af060f", filledWith: 0)

  /// The public keys of all of them.
  public static let all =
    [entity.publicKey, keyManagerRAK.publicKey, migrationEntity.publicKey, mockEpoch.publicKey, oldSigningKey]
    + keyManagerPolicy.map(\.publicKey)

  /// The seed of a test key: the hash of its name.
  public static func seed(_ name: String) -> [UInt8] { Hash.digest(Array(name.utf8)).bytes }
}

private func key(_ hex: String, filledWith filler: UInt8) -> PublicKey {
  var bytes = [UInt8](hex: hex) ?? []
  bytes += [UInt8](repeating: filler, count: 32 - bytes.count)
  return PublicKey(bytes) ?? PublicKey()
}
