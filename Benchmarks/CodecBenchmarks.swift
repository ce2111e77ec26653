import Bytes
import CBOR
import Foundation
import GoldenSupport
import JSONText
import OasisCrypto
import OasisTypes
import Wire

/// A staking transfer, and the descriptor of a compute node from the recorded cases (521 bytes).
func measureCBOR(_ report: inout Report) throws {
  let signer = MemorySigner(seed: [UInt8](repeating: 3, count: 32))
  let transfer = Transfer(to: Address(signer.publicKey), amount: 1_000_000_000)
  let encoded = transfer.cbor()
  try expect(try Transfer.decode(cbor: encoded), transfer, "transfer")
  report.add("transfer, encode", measure { keep(transfer.cbor()) }, reference: "0.25 µs", note: "trial 0.16 µs; \(encoded.count) bytes")
  report.add(
    "transfer, decode", try measure { keep(try Transfer.decode(cbor: encoded)) }, reference: "1.09 µs", note: "trial 0.12 µs")

  let descriptor = try recordedDescriptor()
  let node = try Node.decode(cbor: descriptor)
  try expect(node.cbor(), descriptor, "node descriptor")
  report.add("node descriptor, encode", measure { keep(node.cbor()) }, note: "\(descriptor.count) bytes")
  report.add("node descriptor, decode", try measure { keep(try Node.decode(cbor: descriptor)) })
}

private func recordedDescriptor() throws -> [UInt8] {
  let file = GoldenRun(loaders: []).files(root: Environment.golden, only: "vectors/core/descriptors.jsonl").first
  guard let file else { throw WrongResult("\(Environment.golden)/vectors/core/descriptors.jsonl: no such file") }
  for line in try file.lines() where line.value["name"]?.string == "node/ok-compute/live" {
    if let bytes = [UInt8](hex: line.value["node"]?.string ?? "") { return bytes }
  }
  throw WrongResult("\(file.location): no case node/ok-compute/live")
}
