import Bytes
import CBOR
import OasisCrypto
import OasisTypes
import Testing
import Wire

@Suite struct RootHashTypesTests {
  /// Sheet 05 §C.2.
  @Test func headers() {
    var header = RootHash.Header()
    #expect(header.hash.hex == "677ad1a6b9f5e99ed94e5d598b6f92a4641a5f952f2d753b2a6122b6dceeb792")
    header.previousHash = header.hash
    header.version = 42
    header.namespace.storage = FixedBytes(Hash.empty.bytes) ?? FixedBytes()
    header.round = 1000
    header.timestamp = 1_560_257_841
    header.type = .roundFailed
    header.ioRoot = .empty
    header.stateRoot = .empty
    header.messagesHash = .empty
    header.inMessagesHash = .empty
    #expect(header.hash.hex == "b17374d9b36796752a787d0726ef44826bfdb3ece52545e126c8e7592663544d")
    #expect(header.jsonText().contains(#""timestamp":"2019-06-11T12:57:21Z""#))
  }

  @Test func emptyBlocks() {
    let first = RootHash.Block(genesis: Namespace(), timestamp: 5)
    let second = RootHash.Block(emptyAfter: first, timestamp: 6, type: .epochTransition)
    #expect(second.header.round == 1)
    #expect(first.header.isParent(of: second.header))
    #expect(!second.header.isParent(of: first.header))
    var results = RootHash.ComputeResultsHeader()
    (results.round, results.previousHash) = (2, second.header.hash)
    #expect(results.isBased(on: second))
    #expect(!results.isBased(on: first))
  }

  /// Sheet 05 §C.3.
  @Test func resultsHeaders() {
    var results = RootHash.ComputeResultsHeader()
    #expect(results.hash.hex == "57d73e02609a00fcf4ca43cbf8c9f12867c46942d246fb2b0bce42cbdb8db844")
    (results.previousHash, results.round) = (results.hash, 42)
    (results.ioRoot, results.stateRoot, results.messagesHash, results.inMessagesHash) = (.empty, .empty, .empty, .empty)
    #expect(results.hash.hex == "8459a9e6e3341cd2df5ada5737469a505baf92397aaa88b7100915324506d843")
  }

  /// Sheet 05 §C.5.
  @Test func messageHashes() {
    func hash(_ edit: (inout RootHash.Message) -> Void) -> String {
      var message = RootHash.Message()
      edit(&message)
      return RootHash.Message.hash(of: [message]).hex
    }
    #expect(RootHash.Message.hash(of: []) == .empty)
    var staking = StakingMessage()
    staking.transfer = Transfer()
    #expect(hash { $0.staking = staking } == "a6b91f974b34a9192efd12025659a768520d2f04e1dae9839677456412cdb2be")
    staking = StakingMessage()
    staking.withdraw = Withdraw()
    #expect(hash { $0.staking = staking } == "069b0fda76d804e3fd65d4bbd875c646f15798fb573ac613100df67f5ba4c3fd")
    var registry = RootHash.RegistryMessage()
    registry.updateRuntime = Registry.Runtime()
    registry.updateRuntime?.admissionPolicy.anyNode = Registry.AdmissionPolicy.AnyNode()
    #expect(hash { $0.registry = registry } == "e6e170fb771583147255e0c96dc88615d4fd2fd28488ae489df01da201affe72")
    #expect(registry.violation == nil)
    #expect(RootHash.Message().violation != nil)
    #expect(StakingMessage().violation != nil)
  }

  /// Sheet 05 §C.7.
  @Test func pools() {
    #expect(RootHash.Pool.fresh.cbor().hex == "a16c686967686573745f72616e6b1bffffffffffffffff")
    #expect(RootHash.Pool().cbor() == [0xa0])
    #expect(RootHash.RoundResults().cbor() == [0xa0])
  }

  /// A commitment opens under its own runtime and chain only.
  @Test func signatures() throws {
    let signer = MemorySigner(seed: [UInt8](repeating: 9, count: 32))
    let chain = String(repeating: "ab", count: 32)
    var commitment = RootHash.ExecutorCommitment()
    commitment.header.setFailure(.unknown)
    try commitment.sign(with: signer, runtime: Namespace(), chainContext: chain)
    func isValid(_ runtime: Namespace, _ chain: String) -> Bool {
      commitment.isSignatureValid(runtime: runtime, chainContext: chain, blacklist: .production)
    }
    #expect(isValid(Namespace(), chain))
    #expect(!isValid(Namespace(), String(repeating: "ac", count: 32)))
    #expect(!isValid(try #require(Namespace(testSeed: [1])), chain))
    #expect(commitment.violation == nil)
    #expect(commitment.vote == nil)
    commitment.header.header.inMessagesCount = 1
    #expect(commitment.violation != nil)
  }

  /// Whatever bytes come, decoders answer with a value or an error, and a value encodes to something that decodes to itself.
  @Test func mutatedInput() throws {
    var random = WireRandom(seed: 42)
    func check<T: WireValue & Equatable>(_ type: T.Type) {
      let original = T.random(using: &random).cbor()
      for _ in 0..<4000 {
        var bytes = original
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
          let index = Int.random(in: 0..<bytes.count, using: &random)
          switch random.next() % 3 {
          case 0: bytes[index] = UInt8(truncatingIfNeeded: random.next())
          case 1: bytes.remove(at: index)
          default: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: index)
          }
        }
        guard let value = try? T.decode(cbor: bytes) else { continue }
        let again = value.cbor()
        #expect((try? T.decode(cbor: again))?.cbor() == again)
      }
    }
    check(Node.self)
    check(Entity.self)
    check(Registry.Runtime.self)
    check(SGXConstraints.self)
    check(RootHash.ExecutorCommit.self)
    check(RootHash.Evidence.self)
    check(RootHash.RuntimeState.self)
  }
}
