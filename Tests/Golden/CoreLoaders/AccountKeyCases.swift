internal import Bytes
internal import GoldenSupport
internal import JSONText
internal import OasisCrypto
internal import OasisTypes

/// Cases of `addresses.jsonl` about keys of accounts: phrases, trees of keys, paths.
enum AccountKeyCases {
  static func run(_ item: Case) throws {
    switch item.kind {
    case "account-key":
      guard let signer = try outcome(item, { () throws(AccountKeyError) in try derive(item) }) else { return }
      try expectEqual(signer.seed + signer.publicKey.bytes, try item.bytes("private_key"), "private key")
      try expectEqual(signer.publicKey, try item.fixed("public_key"), "public key")
      try expectEqual(try DerivationPath.account(try item.integer("number")).description, try item.text("path"), "path")
      try expectEqual(Address(signer.publicKey).description, try item.text("bech32"), "address")
    case "slip10":
      let seed = try item.bytes("seed")
      guard let master = try outcome(item, { () throws(AccountKeyError) in try ExtendedKey(masterOf: seed) }) else { return }
      try expectEqual(privateKey(master), try item.bytes("master_private"), "master key")
      try expectEqual(master.chainCode, try item.bytes("master_chain_code"), "master chain code")
      var key = master
      for child in try item.cases("children_chained") {
        let index: UInt32 = try child.integer("index")
        let parent = key
        guard let next = try outcome(child, { () throws(AccountKeyError) in try parent.child(index) }) else { continue }
        try expectEqual(privateKey(next), try child.bytes("private"), "child \(index)")
        try expectEqual(next.chainCode, try child.bytes("chain_code"), "chain code \(index)")
        key = next
      }
    case "bip32":
      let text = try item.text("text")
      guard let path = try outcome(item, { () throws(AccountKeyError) in try DerivationPath(text: text) }) else { return }
      try expectEqual(path.components.map(Int.init), item.integers("components"), "components")
      try expectEqual(path.description, try item.text("reencoded"), "text")
    default: throw GoldenError("unknown kind \(item.kind)")
    }
  }

  /// The reference's published vectors: phrase, seed, path, key, address.
  static func published(_ item: Case) throws {
    let mnemonic = try Mnemonic(phrase: try item.text("mnemonic"))
    let seed = mnemonic.seed(passphrase: try item.text("passphrase"))
    try expectEqual(seed, try item.bytes("seed"), "seed")
    var key = try ExtendedKey(masterOf: seed)
    let path = try DerivationPath(text: try item.text("path"))
    for component in path.components { key = try key.child(component) }
    try expectEqual(privateKey(key), try item.bytes("private_key"), "private key")
    try expectEqual(key.signer.publicKey, try item.fixed("public_key"), "public key")
    try expectEqual(Address(key.signer.publicKey).description, try item.text("address"), "address")
  }

  private static func derive(_ item: Case) throws(AccountKeyError) -> MemorySigner {
    let mnemonic = try Mnemonic(phrase: item.value["mnemonic"]?.string ?? "")
    return try mnemonic.accountKey(item.value["number"]?.integer() ?? .max, passphrase: item.value["passphrase"]?.string ?? "")
  }

  private static func privateKey(_ key: ExtendedKey) -> [UInt8] { key.seed + key.signer.publicKey.bytes }

  /// The result where the reference has one; nil where both refuse with the same words.
  private static func outcome<T>(_ item: Case, _ body: () throws(AccountKeyError) -> T) throws -> T? {
    let expected = item.value["error"]?.string
    let result: Result<T, AccountKeyError>
    do throws(AccountKeyError) { result = .success(try body()) } catch { result = .failure(error) }
    switch result {
    case .success(let value):
      if let expected { throw GoldenError("accepted; theirs: \(expected)") }
      return value
    case .failure(let error):
      try expectEqual(error.description, expected ?? "", "error")
      return nil
    }
  }
}
