import Bytes
import NodeAPI
import Testing
import Wire

@Suite("Status values") struct StatusTests {
  @Test func peerIdentityIsBase58InJSON() throws {
    let peer = PeerIdentity(
      try #require([UInt8](hex: "002408011220d1cf0dfd83af5db839b4b9a77e2f7cbb6e9cb959a9e0934d7a0101d8249d8bab")))
    #expect(peer.jsonText() == "\"12D3KooWPwNVpw8Jn6LZpBw9uAyotrerjFJBt3XfnTE57o1HRdiJ\"")
    #expect(try PeerIdentity.decode(json: peer.jsonText()) == peer)
  }
}
