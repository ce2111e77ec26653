import Bytes
import OasisCrypto
import Testing

@Suite struct DeoxysTests {
  private let cipher = DeoxysII(key: Array(0x10...0x2f))
  private let nonce = [UInt8](0x20...0x2e)

  @Test func vectorsOfTheReference() throws {
    let cipher = try #require(cipher)
    #expect(cipher.seal([], nonce: nonce)?.hex == "2b97bd77712f0cde975309959dfe1d7c")
    #expect(cipher.seal([], nonce: nonce, associatedData: Array(0...0x1f))?.hex == "54708ae5565a71f147bdb94d7ba3aed7")
    let sealed = cipher.seal(Array(0...0x1f), nonce: nonce)
    #expect(sealed?.hex == "9da20db1c2781f6669257d87e2a4d9be1970f7581bef2c995e1149331e5e8cc192ce3aec3a4b72ff9eab71c2a93492fa")
  }

  /// Lengths around every boundary: no block, part of one, eight, more than eight.
  @Test(arguments: [0, 1, 15, 16, 17, 31, 32, 127, 128, 129, 144, 255, 256, 257, 1000])
  func opensWhatItSealed(length: Int) throws {
    let cipher = try #require(cipher)
    let message = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    for extra in [0, 1, 16, 130] {
      let data = [UInt8](repeating: 0xa5, count: extra)
      let sealed = try #require(cipher.seal(message, nonce: nonce, associatedData: data))
      #expect(sealed.count == length + 16)
      #expect(cipher.open(sealed, nonce: nonce, associatedData: data) == message)
      for position in [0, length / 2, sealed.count - 1] {
        var changed = sealed
        changed[position] ^= 1
        #expect(cipher.open(changed, nonce: nonce, associatedData: data) == nil)
      }
      #expect(cipher.open(sealed, nonce: nonce, associatedData: data + [0]) == nil)
    }
  }

  @Test func wrongSizesAreRefused() throws {
    let cipher = try #require(cipher)
    #expect(DeoxysII(key: [1, 2, 3]) == nil)
    #expect(cipher.seal([1], nonce: [1]) == nil)
    #expect(cipher.open([1, 2], nonce: nonce) == nil)
    #expect(cipher.open([UInt8](repeating: 0, count: 16), nonce: []) == nil)
  }

  @Test func boxesOpenOnBothSides() throws {
    let (a, b) = (randomBytes(32), randomBytes(32))
    let publicA = try #require(X25519.publicKey(of: a)), publicB = try #require(X25519.publicKey(of: b))
    let ours = try #require(MRAEBox(privateKey: a, peer: publicB)), theirs = try #require(MRAEBox(privateKey: b, peer: publicA))
    let sealed = try #require(ours.seal(Array("hello".utf8), nonce: nonce, associatedData: [1]))
    #expect(theirs.open(sealed, nonce: nonce, associatedData: [1]) == Array("hello".utf8))
    #expect(MRAEBox(privateKey: a, peer: [1]) == nil)
  }
}
