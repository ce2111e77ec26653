import Bytes
import OasisCrypto
import Testing

@Suite struct SignatureTests {
  /// Sheet 01 §3.8.
  @Test func entityRegistrationVector() throws {
    let message = try #require([UInt8](hex: "a261760262696458204ea5328f943ef6f66daaed74cb0e99c3b1c45f76307b425003dbc7cb3638ed35"))
    let prepared = try SignatureContext.registerEntity.prepare(message)
    #expect(prepared.hex == "07db546edfff5492b55a75e7fa5db4ae941435cd228350e101890530dfc6ab80")
    let signature = try TestKeys.entity.sign(context: .registerEntity, message: message)
    #expect(
      signature.hex
        == "522b8f5928d87578a1de21060533f25935a85dbe1c5df3d08b8c67ae5828a17a629fcefab997b8532dc3e6d2d8aea0c21a90c9fabffcaf481327a688c02baf05"
    )
    let key = TestKeys.entity.publicKey
    #expect(key.verify(signature, message: message, context: .registerEntity, blacklist: .reserved))
    #expect(!key.verify(signature, message: message, context: .registerEntity))
    #expect(!key.verify(signature, message: message, context: .registerNode, blacklist: .reserved))
  }

  @Test func testKeys() {
    #expect(TestKeys.seed("ekiden test entity key seed").hex == "a98a433a269e64e2265b564cebb863058a1faf2abea90c734fa1f2fc27044dd7")
    #expect(TestKeys.keyManagerRAK.publicKey.hex == "c7c277acfd0529a3495fe405cb9e1df1d8dcba490a060f5ec1d81e1ca0f84432")
    #expect(TestKeys.keyManagerPolicy[2].publicKey.hex == "f384cd8b0472058f1a097a4ad0b8831619a8aeb48f17d79d3dfaf1a9d2a6c2cf")
    #expect(TestKeys.migrationEntity.publicKey.hex == "75da08e32ec820b4fe362b55092bc319e87c5fa47b6420357b331e98f6c0c1ba")
    #expect(TestKeys.mockEpoch.publicKey.hex == "2dd4ca7b065c19014851507e2644d4f62e152dc13ab32f3241300224e4f50c6a")
  }

  @Test func contextsMustBeComplete() throws {
    #expect(throws: SignatureContextError.self) { try SignatureContext.consensusTransaction.fullBytes() }
    #expect(throws: SignatureContextError.self) { try SignatureContext.proposal.on(chain: "x").fullBytes() }
    let full = try SignatureContext.executorCommitment.with(suffix: "ab").on(chain: "cd").fullBytes()
    #expect(String(decoding: full, as: UTF8.self) == "oasis-core/roothash: executor commitment for runtime ab for chain cd")
    #expect(throws: SignerError.self) { try TestKeys.entity.sign(context: .consensusTransaction, message: []) }
  }

  @Test func randomKeysAgreeWithOpenSSL() throws {
    for length in 0..<100 {
      let signer = MemorySigner()
      let message = randomBytes(length)
      let signature = try signer.signRaw(message)
      #expect(signer.publicKey.verifyRaw(signature, message: message))
      #expect(!signer.publicKey.verifyRaw(signature, message: message + [0]))
      var bytes = signature.bytes
      bytes[length % 64] ^= 1
      #expect(!signer.publicKey.verifyRaw(try #require(Signature(bytes)), message: message))
    }
  }

  @Test func cachedKeysGiveTheSameVerdicts() throws {
    let cache = VerificationCache(capacity: 8)
    let signers = (0..<10).map { MemorySigner(seed: [UInt8](repeating: UInt8($0), count: 32)) }
    for round in 0..<100 {
      for signer in signers {
        let message = randomBytes(round)
        let signature = try signer.signRaw(message)
        #expect(cache.verifyRaw(signature, publicKey: signer.publicKey, message: message))
        var bytes = signature.bytes
        bytes[round % 64] ^= 1 << UInt8(round % 8)
        let changed = try #require(Signature(bytes))
        #expect(!cache.verifyRaw(changed, publicKey: signer.publicKey, message: message))
      }
    }
  }

  @Test func batches() throws {
    var batch = BatchVerifier()
    #expect(!batch.verifyAll())
    for index in 0..<20 {
      let signer = MemorySigner()
      let message = [UInt8(index)]
      batch.add(
        try signer.sign(context: .registerNode, message: message), publicKey: signer.publicKey, message: message, context: .registerNode)
    }
    #expect(batch.verifyAll())
    batch.addRaw(Signature(), publicKey: PublicKey(), message: [])
    #expect(!batch.verifyAll())
    #expect(batch.verify() == [Bool](repeating: true, count: 20) + [false])
  }

  @Test func batchesGiveTheVerdictsOfSingleSignatures() throws {
    let signed = try (0..<150).map { index in
      let signer = MemorySigner(seed: [UInt8](repeating: UInt8(index), count: 32))
      return (signature: try signer.signRaw([UInt8(index)]), key: signer.publicKey, message: [UInt8(index)])
    }
    for (count, bad) in [(2, [0]), (3, []), (63, [62]), (64, []), (65, [64]), (128, [3, 70, 127]), (150, []), (150, [0, 149])] {
      var batch = BatchVerifier()
      for (index, item) in signed.prefix(count).enumerated() {
        batch.addRaw(item.signature, publicKey: item.key, message: bad.contains(index) ? [0xff, 0xff] : item.message)
      }
      #expect(batch.verify() == (0..<count).map { !bad.contains($0) })
      #expect(batch.verifyAll() == bad.isEmpty)
    }
    // Errors that would cancel each other if the weights were equal: two signatures of the same key exchanged.
    let signer = MemorySigner(seed: [UInt8](repeating: 1, count: 32))
    let (first, second) = (try signer.signRaw([1]), try signer.signRaw([2]))
    func mixed(_ r: Signature, _ s: Signature) throws -> Signature { try #require(Signature(r.bytes.prefix(32) + s.bytes.suffix(32))) }
    var batch = BatchVerifier()
    batch.addRaw(try mixed(first, second), publicKey: signer.publicKey, message: [1])
    batch.addRaw(try mixed(second, first), publicKey: signer.publicKey, message: [2])
    #expect(batch.verify() == [false, false])
    #expect(!batch.verifyAll())
  }

  @Test func vrfVector() throws {
    let seed = try #require([UInt8](hex: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
    let signer = MemorySigner(seed: seed)
    let proof = try signer.prove(alpha: [])
    #expect(
      proof.hex
        == "7d9c633ffeee27349264cf5c667579fc583b4bda63ab71d001f89c10003ab46f14adf9a3cd8b8412d9038531e865c341cafa73589b023d14311c331a9ad15ff2fb37831e00f0acaa6d73bc9997b06501"
    )
    let beta = VRF.verify(proof, publicKey: signer.publicKey, alpha: [])
    #expect(
      beta?.hex
        == "9d574bf9b8302ec0fc1e21c3ec5368269527b87b462ce36dab2d14ccf80c53cccf6758f058c5b1c856b116388152bbe509ee3b9ecfe63d93c3b4346c1fbc6c54"
    )
    #expect(VRF.verify(proof, publicKey: signer.publicKey, alpha: [1]) == nil)
  }

  @Test func bech32() throws {
    let decoded = try #require(Bech32.decode("oasis1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq0ltrq9"))
    #expect(decoded.prefix == "oasis")
    #expect(decoded.bytes == [UInt8](repeating: 0, count: 21))
    #expect(Bech32.encode(prefix: decoded.prefix, decoded.bytes) == "oasis1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq0ltrq9")
    #expect(Bech32.decode("oasis1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq0ltrq8") == nil)
    #expect(Bech32.decode("Oasis1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq0ltrq9") == nil)
    #expect(Bech32.decode("") == nil)
  }
}
