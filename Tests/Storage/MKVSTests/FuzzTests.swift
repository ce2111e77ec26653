import Bytes
import CBOR
import FuzzSupport
import MKVS
import OasisCrypto
import OasisTypes
import Testing
import Wire

@Suite("Proofs and nodes: any input") struct ProofFuzzTests {
  @Test func isReadOrRefused() async {
    await #expect(processExitsWith: .success) {
      do {
        let tree = Tree()
        for number in 0..<60 { try tree.insert(Array("key \(number * number)".utf8), [UInt8](repeating: UInt8(number), count: number)) }
        let root = try tree.commit(namespace: Namespace(), version: 1).root
        var proofs: [[UInt8]] = []
        for key in ["key 0", "key 25", "key 3481", "nothing", ""] {
          for version in UInt16(0)...1 {
            if let proof = try tree.proof(of: Array(key.utf8), version: version) { proofs.append(proof.cbor()) }
          }
        }
        var nodes: [[UInt8]] = []
        for proof in proofs {
          for case let entry? in try Proof.decode(cbor: proof).entries {
            nodes.append(Array(entry.dropFirst()))
          }
        }
        let tokens: [[UInt8]] = [
          [0x00], [0x01], [0x02], [0xff, 0xff], [0x41, 0x02], [0xf6], [0x00, 0xff, 0xff], [0x01, 0xff, 0xff], [0xff, 0xff, 0xff, 0x7f],
          Array(root.hash.bytes), [0x01, 0x01, 0x00, 0x80, 0x02],
        ]
        let log = Array([LogEntry([1, 2], [3]), LogEntry([4], nil)]).cbor()
        fuzz(
          "MKVS", corpus: proofs + nodes, tokens: tokens,
          forms: [
            FuzzForm("nodes", samples: nodes) { bytes, _ in _ = try SerializedNode(decoding: bytes).hash },
            FuzzForm("proofs", samples: proofs) { bytes, _ in
              let proof = try Proof.decode(cbor: bytes)
              _ = try? proof.verifiedNodes(root: root.hash)
              _ = try? proof.verifyToWriteLog(root: root.hash)
              let verified = try proof.verify(root: root)
              _ = try? verified.get(Array("key 25".utf8))
            },
            FuzzForm("proof entries") { bytes, number in  // of the right root, and anything else
              var proof = Proof(version: UInt16(number % 2), untrustedRoot: root.hash, entries: [])
              var rest = bytes[...]
              while let count = rest.popFirst() {
                proof.entries.append(count == 0 ? nil : Array(rest.prefix(Int(count))))
                rest = rest.dropFirst(Int(count))
              }
              _ = try proof.verify(root: root)
            },
            FuzzForm("write logs", samples: [log]) { bytes, _ in _ = try WriteLog.decode(cbor: bytes) },
          ])
      } catch { fatalError("\(error)") }
    }
  }
}
