/// Why no account key could be derived. The texts are the reference's.
public enum AccountKeyError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Not 12 to 24 words of the list with the right checksum.
  case invalidMnemonic
  /// Not 16 to 64 bytes.
  case invalidSeed
  /// An account number of 2^31 or more.
  case invalidNumber(UInt32)
  /// A child key that is not hardened.
  case notHardened
  /// A path that does not parse, and why.
  case invalidPath(String)

  public var description: String {
    switch self {
    case .invalidMnemonic: "sakg: invalid mnemonic"
    case .invalidSeed: "slip10: invalid seed"
    case .invalidNumber(let number): "sakg: invalid key number: \(number) (maximum: \(DerivationPath.hardened - 1))"
    case .notHardened: "slip10: non-hardened keys not supported"
    case .invalidPath(let reason): reason
    }
  }
}

extension Mnemonic {
  /// The key of an account (ADR 0008): the SLIP-0010 child `m/44'/474'/number'` of the phrase's seed.
  public func accountKey(_ number: UInt32 = 0, passphrase: String = "") throws(AccountKeyError) -> MemorySigner {
    let path = try DerivationPath.account(number)
    return try ExtendedKey(masterOf: seed(passphrase: passphrase)).descendant(path).signer
  }
}
