import Bytes
import OasisCrypto
import Testing

@Suite struct AccountKeyTests {
  private let phrase = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about"

  @Test func phrasesHoldEntropy() throws {
    // Vectors of the BIP, with the passphrase TREZOR.
    let vectors = [
      (
        "00000000000000000000000000000000", phrase,
        "c55257c360c07c72029aebc1b53c05ed0362ada38ead3e3e9efa3708e53495531f09a6987599d18264c1e1c92f2cf141630c7a3c4ab7c81b2f001698e7463b04"
      ),
      (
        "ffffffffffffffffffffffffffffffff", "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo wrong",
        "ac27495480225222079d7be181583751e86f571027b0497b5b5d11218e0a8a13332572917f0f8e5a589620c6f15b11c61dee327651a14c34e18231052e48c069"
      ),
    ]
    for (entropy, phrase, seed) in vectors {
      let mnemonic = try Mnemonic(phrase: phrase)
      #expect(mnemonic.entropy.hex == entropy)
      #expect(Mnemonic(entropy: mnemonic.entropy)?.phrase == phrase)
      #expect(mnemonic.seed(passphrase: "TREZOR").hex == seed)
    }
  }

  @Test(arguments: [16, 20, 24, 28, 32]) func randomPhrasesReadBack(count: Int) throws {
    let entropy = randomBytes(count)
    let mnemonic = try #require(Mnemonic(entropy: entropy))
    #expect(mnemonic.phrase.split(separator: " ").count == count * 3 / 4)
    #expect(try Mnemonic(phrase: mnemonic.phrase).entropy == entropy)
  }

  @Test func otherPhrasesAreRefused() {
    for text in ["", "abandon", phrase + " about", phrase.uppercased(), phrase.replacing("about", with: "abandon"), "abandonx " + phrase] {
      #expect(throws: AccountKeyError.invalidMnemonic) { try Mnemonic(phrase: text) }
    }
    for count in [0, 12, 17, 36] { #expect(Mnemonic(entropy: randomBytes(count)) == nil) }
  }

  @Test func accountKeys() throws {
    let mnemonic = try Mnemonic(phrase: phrase)
    #expect(try mnemonic.accountKey().publicKey.hex == "ad55bbb7c192b8ecfeb6ad18bbd7681c0923f472d5b0c212fbde33008005ad61")
    #expect(try mnemonic.accountKey(1).publicKey.hex == "73fd7c51a0f059ea34d8dca305e0fdb21134ca32216ca1681ae1d12b3d350e16")
    #expect(throws: AccountKeyError.invalidNumber(1 << 31)) { try mnemonic.accountKey(1 << 31) }
  }

  @Test func childrenAreHardened() throws {
    let master = try ExtendedKey(masterOf: [UInt8](repeating: 1, count: 16))
    #expect(throws: AccountKeyError.notHardened) { try master.child(1) }
    let path = try DerivationPath(text: "m/44'/474'/0'")
    #expect(path.description == "m/44'/474'/0'")
    #expect(try master.descendant(path) == master.child(44 | 1 << 31).child(474 | 1 << 31).child(1 << 31))
  }
}
