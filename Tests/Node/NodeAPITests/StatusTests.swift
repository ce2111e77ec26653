import Bytes
import CBOR
import NodeAPI
import Testing
import Wire

@Suite("Status values") struct StatusTests {
  @Test func aFailureOfTheHostIsShownOnlyWhileThereIsOne() throws {
    var status = Control.HostStatus(versions: [])
    #expect(status.jsonText() == #"{"versions":[]}"#)
    var failure = Control.HostFailure()
    (failure.state, failure.restarts, failure.lastReason) = ("failing", 3, "exited with code 1")
    status.failure = failure
    #expect(
      status.jsonText()
        == #"{"versions":[],"failure":{"state":"failing","restarts":3,"last_reason":"exited with code 1","next_attempt":"0001-01-01T00:00:00Z"}}"#
    )
    #expect(try Control.HostStatus.decode(cbor: status.cbor(), mode: .rpc) == status)
  }

  @Test func peerIdentityIsBase58InJSON() throws {
    let peer = PeerIdentity(
      try #require([UInt8](hex: "002408011220d1cf0dfd83af5db839b4b9a77e2f7cbb6e9cb959a9e0934d7a0101d8249d8bab")))
    #expect(peer.jsonText() == "\"12D3KooWPwNVpw8Jn6LZpBw9uAyotrerjFJBt3XfnTE57o1HRdiJ\"")
    #expect(try PeerIdentity.decode(json: peer.jsonText()) == peer)
  }
}
