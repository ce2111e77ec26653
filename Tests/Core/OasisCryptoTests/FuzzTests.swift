import FuzzSupport
import OasisCrypto
import Testing

@Suite("PEM: any input") struct PEMFuzzTests {
  @Test func isReadOrRefused() async {
    await #expect(processExitsWith: .success) {
      let signer = MemorySigner(seed: [UInt8](repeating: 3, count: 32))
      let good = [
        PEM.privateKey(signer), PEM.publicKey(signer.publicKey), PEM.tlsPrivateKey(seed: signer.seed),
        PEM.publicKey(signer.publicKey) + PEM(type: PEM.signatureType, contents: [UInt8](repeating: 5, count: 64)).text,
        "-----BEGIN A-----\r\nProc-Type: 4,ENCRYPTED\n\nAAECAw==\n-----END A-----\n",
      ].map { Array($0.utf8) }
      let tokens = [
        "-----BEGIN ", "-----END ", "-----", "\n", "\r\n", "=", "ED25519 PUBLIC KEY", "-----BEGIN A-----\n-----END A-----\n", ":", " ",
      ].map {
        Array($0.utf8)
      }
      fuzz(
        "PEM", memory: 64, corpus: good, tokens: tokens,
        forms: [
          FuzzForm("private key") { bytes, _ in _ = try PEM.readPrivateKey(bytes) },
          FuzzForm("public key") { bytes, _ in _ = try PEM.readPublicKey(bytes) },
          FuzzForm("signature") { bytes, _ in _ = try PEM.readSignature(bytes) },
          FuzzForm("TLS key") { bytes, _ in _ = try PEM.readTLSPrivateKey(bytes) },
          FuzzForm("entropy") { bytes, _ in _ = try PEM.read(bytes, type: PEM.staticEntropyType) },
          FuzzForm("blocks") { bytes, _ in
            var rest = bytes[...]
            while let block = PEM.next(&rest) { _ = block.text }
          },
        ])
    }
  }
}
