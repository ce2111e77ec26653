import Bytes
import OasisCrypto
import OasisTypes
import Testing
import Wire

@Suite struct CommonTests {
  @Test func reservedAddresses() {
    #expect(Address.commonPool.description == "oasis1qrmufhkkyyf79s5za2r8yga9gnk4t446dcy3a5zm")
    #expect(Address.feeAccumulator.description == "oasis1qqnv3peudzvekhulf8v3ht29z4cthkhy7gkxmph5")
    #expect(Address.governanceDeposits.description == "oasis1qp65laz8zsa9a305wxeslpnkh9x4dv2h2qhjz0ec")
    #expect(Address.burn.description == "oasis1qzq8u7xs328puu2jy524w3fygzs63rv3u5967970")
    #expect(!Address().isReserved)
    #expect(Address(TestKeys.entity.publicKey).description == "oasis1qzzd6khm3acqskpxlk9vd5044cmmcce78y5l6000")
  }

  @Test func envelopes() throws {
    let signer = MemorySigner(seed: [UInt8](repeating: 3, count: 32))
    var envelope = try SignedEnvelope(Version(26, 1), by: signer, context: .registerEntity)
    #expect(try envelope.open(as: Version.self, context: .registerEntity) == Version(26, 1))
    #expect(throws: EnvelopeError.badSignature) { try envelope.open(as: Version.self, context: .registerNode) }
    var blacklist = PublicKeyBlacklist.production
    let isNew = [blacklist.insert(signer.publicKey), blacklist.insert(signer.publicKey)]
    #expect(isNew == [true, false])
    #expect(throws: EnvelopeError.badSignature) {
      try envelope.open(as: Version.self, context: .registerEntity, blacklist: blacklist)
    }
    envelope.blob = [0xa0]
    #expect(throws: EnvelopeError.badSignature) { try envelope.open(as: Version.self, context: .registerEntity) }
  }

  @Test func severalSignatures() throws {
    let signers = (1...3).map { MemorySigner(seed: [UInt8](repeating: $0, count: 32)) }
    let keys = signers.map(\.publicKey)
    var envelope = try MultiSigned(Version(1), by: signers, context: .registerNode)
    #expect(try envelope.open(as: Version.self, context: .registerNode) == Version(1))
    #expect(envelope.isSignedOnly(by: keys))
    #expect(!envelope.isSignedOnly(by: [keys[0], keys[1]]))
    #expect(!envelope.isSignedOnly(by: keys + [keys[0]]))
    envelope.signatures?.append(KeyedSignature(publicKey: keys[0], signature: Signature()))
    #expect(throws: EnvelopeError.badSignature) { try envelope.open(as: Version.self, context: .registerNode) }
    envelope.signatures = []
    #expect(throws: EnvelopeError.badSignature) { try envelope.open(as: Version.self, context: .registerNode) }
  }

  @Test func nilAndEmptyBlobsDiffer() {
    #expect(SignedEnvelope(blob: nil, signature: KeyedSignature()).cbor() != SignedEnvelope(blob: [], signature: KeyedSignature()).cbor())
  }

  /// Sheet 03 §13.1.
  @Test func stateKeys() throws {
    let key = StateKey(0x4e).adding(Namespace()).adding(Hash.empty).adding(UInt8(1)).adding(UInt16(1000)).adding(UInt32(1_000_000))
      .adding(UInt64(10_000_000))
    let zeros = String(repeating: "0", count: 64)
    #expect(key.bytes.hex == "4e" + zeros + Hash.empty.hex + "0103e8000f42400000000000989680")
    var reader = try #require(StateKeyReader(key.bytes, prefix: 0x4e))
    let namespace: Namespace? = reader.fixed()
    let hash: Hash? = reader.fixed()
    let number: UInt8? = reader.integer()
    let rest = reader.remaining()
    let beyond: UInt8? = reader.integer()
    #expect(namespace == Namespace() && hash == .empty && number == 1 && rest.count == 14 && beyond == nil)
    #expect(StateKeyReader(key.bytes, prefix: 1) == nil)
    #expect(StateKey(0x43).adding(UInt64(42)).bytes.hex == "43000000000000002a")
    #expect(StateKey(0x42).adding(hashOf: Namespace()).bytes.hex == "42af13c048991224a5e4c664446b688aaf48fb5456db3629601b00ec160c74e554")
  }

  @Test func codedErrors() {
    let error = CodedError("staking", 3, "staking: insufficient balance")
    #expect(error.wrapped("transfer").text == "transfer: staking: insufficient balance")
    #expect(error.wrapped("transfer").isSame(as: error))
    #expect(CodedError(QuantityError.invalidQuantity).module == "unknown")
    #expect(CodedError(error).code == 3)
  }
}
