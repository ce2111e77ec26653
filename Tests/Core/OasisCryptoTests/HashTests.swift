import Bytes
import OasisCrypto
import Testing

@Suite struct HashTests {
  @Test func emptyHash() {
    #expect(Hash.empty.hex == "c672b8d1ef56ed28ab87c3622c5114069bdd3ad7b8f9737498d0c01ecef0967a")
    #expect(Hash.zero != Hash.empty)
    #expect(Hash.digest([0xf6]).hex == "99b8c575c7e95713af70eeb6e9378e60c3571c09e263506328dfeb369e5bdf22")
  }

  @Test func partsAreJoined() {
    #expect(Hash.digest([1], [2, 3], [], [4]) == Hash.digest([1, 2, 3, 4]))
  }

  @Test func sha256AndSHA512() {
    #expect(SHA256.digest(Array("abc".utf8)).hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      SHA512.digest(Array("abc".utf8)).hex
        == "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
    )
  }

  @Test func sha3() {
    #expect(SHA3_256.digest(Array("abc".utf8)).hex == "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532")
    #expect(SHA3_256.digest([]).hex == "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a")
  }

  @Test func finishingLeavesTheStateUsable() {
    var hash = SHA512_256()
    hash.update([1, 2])
    _ = hash.finish()
    hash.update(byte: 3)
    #expect(hash.hash() == Hash.digest([1, 2, 3]))
  }

  @Test func hkdf() {
    // RFC 5869, test case 1.
    let key = HKDF<SHA256>.derive(
      secret: [UInt8](repeating: 0x0b, count: 22), salt: Array(0...12), info: Array(0xf0...0xf9), count: 42)
    #expect(key.hex == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")
  }

  @Test func tupleHash() {
    var hash = TupleHash(byteCount: 64, customization: Array("My Tuple App".utf8))
    hash.add([0, 1, 2])
    hash.add(Array(0x10...0x15))
    #expect(
      hash.finish().hex
        == "147c2191d5ed7efd98dbd96d7ab5a11692576f5fe2a5065f3e33de6bba9f3aa1c4e9a068a289c61c95aab30aee1e410b0b607de3620e24a4e3bf9852a1d4367e"
    )
  }
}
