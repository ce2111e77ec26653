import Bytes
import CBOR
import OasisCrypto
import OasisTypes
import Testing
import Wire

@Suite struct RegistryTypesTests {
  /// Sheet 04 §16.2.
  @Test func nodeDescriptors() throws {
    var node = Node()
    node.version = 3
    #expect(node.cbor().count == 315)
    #expect(Hash.of(node).hex == "94b68d77a42f823e41338a8723c95dd93ed6030c4e3fd2d09366b769c98ca0fa")
    func key(_ last: UInt8) -> PublicKey { PublicKey([UInt8](repeating: 0xff, count: 31) + [0xf0 | last]) ?? PublicKey() }
    func runtime(_ last: UInt8) -> Namespace { Namespace([0x80] + [UInt8](repeating: 0, count: 30) + [last]) ?? Namespace() }
    node.id = key(0)
    node.entityID = key(1)
    node.expiration = 32
    node.tls.publicKey = key(2)
    node.p2p.id = key(5)
    node.consensus = Node.ConsensusInfo(id: key(6), addresses: [])
    node.vrf.id = key(7)
    var first = Node.Runtime()
    first.id = runtime(0x10)
    first.version = Version(0, 0, 321)
    var second = Node.Runtime()
    second.id = runtime(0x11)
    second.version = Version(0, 0, 123)
    var tee = Node.CapabilityTEE()
    tee.hardware = .intelSGX
    tee.rak = key(8)
    tee.attestation = [0, 1, 2, 3, 4, 5]
    second.capabilities.tee = tee
    second.extraInfo = [5, 3, 2, 1]
    node.runtimes = [first, second]
    #expect(node.cbor().count == 555)
    #expect(Hash.of(node).hex == "b79c0254db298a596c75894a07f83313e9dba04c02c776c7797feab48f73ae3c")
    #expect(try Node.decode(cbor: node.cbor()) == node)
    #expect(node.runtime(second.id, version: second.version) == second)
    #expect(node.runtime(second.id, version: first.version) == nil)
  }

  /// Versions of descriptors: what is old is read as new, what is unknown is refused.
  @Test func versionsOfDescriptors() throws {
    let id = [UInt8](repeating: 7, count: 32).hex
    let old = try Entity.decode(cbor: try #require([UInt8](hex: "a2617601626964" + "5820" + id)))
    #expect(old == Entity(id: try #require(PublicKey([UInt8](repeating: 7, count: 32)))))
    #expect(throws: CBORError.self) { try Entity.decode(cbor: [0xf6]) }
    #expect(throws: CBORError.self) { try Entity.decode(cbor: [0xa1, 0x61, 0x76, 0x03]) }
    let signed = try #require([UInt8](hex: "a2617601" + "7819616c6c6f775f656e746974795f7369676e65645f6e6f646573f5"))
    #expect(throws: CBORError.self) { try Entity.decode(cbor: signed) }
    #expect(throws: CBORError.self) { try Node.decode(cbor: [0xa1, 0x61, 0x76, 0x04]) }
    #expect(try SGXConstraints.decode(cbor: [0xf6]).version == 0)
  }

  /// Sheet 04 §16.3.
  @Test func runtimeDescriptor() throws {
    var runtime = Registry.Runtime()
    runtime.admissionPolicy.anyNode = Registry.AdmissionPolicy.AnyNode()
    #expect(runtime.cbor().count == 376)
    #expect(Hash.of(runtime).hex == "0c3398c847e754b2d15652357571e6e350e33cf0e08dd3cf3583214b58a3df26")
  }

  /// Sheet 04 §16.5.
  @Test func faultsOfNodes() {
    let runtime = Namespace()
    var status = Registry.NodeStatus.fresh
    #expect(
      status.cbor().hex
        == "a36f667265657a655f656e645f74696d65007465787069726174696f6e5f70726f636573736564f477656c656374696f6e5f656c696769626c655f61667465721bffffffffffffffff"
    )
    func isSuspended(_ epochs: ClosedRange<Epoch>) -> [Bool] { epochs.map { status.isSuspended(runtime: runtime, at: $0) } }
    status.recordFailure(runtime: runtime, at: 1)
    #expect(isSuspended(1...3) == [true, true, false])
    status.recordFailure(runtime: runtime, at: 4)
    #expect(isSuspended(7...8) == [true, false])
    status.recordFailure(runtime: runtime, at: 9)
    #expect(isSuspended(16...17) == [true, false])
    status.recordSuccess(runtime: runtime, at: 18)
    #expect(isSuspended(21...22) == [true, false])
    status.recordSuccess(runtime: runtime, at: 23)
    #expect(isSuspended(24...25) == [true, false])
    status.recordSuccess(runtime: runtime, at: 26)
    #expect(status.faults.isEmpty)
    for _ in 0..<300 { status.recordFailure(runtime: runtime, at: .max) }  // counters wrap, as the reference's do
    status.freezeEndTime = 1
    #expect(status.isSuspended(runtime: Namespace(), at: .max))
  }

  @Test(arguments: ["1.2.3.4:5", "[2001:4860:4860::8888]:53", "[fe80::1%eth0]:1", "[::]:0", "[1:2:3:4:5:6:7:8]:65535"])
  func addressesOfNodes(text: String) throws {
    let address = try #require(NodeAddress(text: text))
    #expect(address.text == text)
    #expect(NodeAddress(text: address.text) == address)
  }

  @Test(arguments: ["", "1.2.3.4", "1.2.3:4", "01.2.3.4:5", "1.2.3.4:65536", "[::1:5", "::1:5", "[1::2::3]:1", "[12345::]:1", "[::1%]:1"])
  func malformedAddresses(text: String) { #expect(NodeAddress(text: text) == nil) }

  @Test func deployments() {
    func deployment(_ version: UInt16, from epoch: Epoch) -> Registry.VersionInfo {
      var info = Registry.VersionInfo()
      (info.version, info.validFrom) = (Version(version), epoch)
      return info
    }
    var runtime = Registry.Runtime()
    #expect(runtime.activeDeployment(at: 5) == nil)
    runtime.deployments = [deployment(1, from: 3), nil, deployment(2, from: 8)]
    #expect(runtime.activeDeployment(at: 2) == nil)
    #expect(runtime.activeDeployment(at: 7)?.version == Version(1))
    #expect(runtime.activeDeployment(at: 8)?.version == Version(2))
    #expect(runtime.nextDeployment(after: 7)?.version == Version(2))
    #expect(runtime.nextDeployment(after: 8) == nil)
  }
}
