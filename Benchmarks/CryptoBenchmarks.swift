import Bytes
import Foundation
import OasisCrypto

func measureHashes(_ report: inout Report) throws {
  let short = [UInt8](repeating: 0x5a, count: 100)
  report.add("SHA-512/256 of 100 bytes", measure { keep(Hash.digest(short)) }, note: "trial 175 ns")
  let long = [UInt8](repeating: 0x5a, count: 1 << 20)
  let samples = measure { keep(Hash.digest(long)) }
  report.add("SHA-512/256 of 1 MiB", samples, note: "\(Text.digits(Double(long.count) / samples.wall.median / 1e6)) MB/s")
}

/// Signatures of different keys on different short messages, so that no table or cache holds more than it would in a node.
func measureSignatures(_ report: inout Report) throws {
  let signed = try (0..<512).map { number in
    let signer = MemorySigner(seed: Array("seed \(number)".utf8) + [UInt8](repeating: 9, count: 32 - "seed \(number)".utf8.count))
    let message = Array("message number \(number)".utf8)
    return (signature: try signer.signRaw(message), key: signer.publicKey, message: message)
  }
  let first = signed[0]
  let signer = MemorySigner(seed: [UInt8](repeating: 7, count: 32))
  report.add("sign", try measure { keep(try signer.signRaw(first.message)) }, note: "OpenSSL")
  var next = 0
  let single = try measure {
    let item = signed[next & 511]
    next += 1
    guard item.key.verifyRaw(item.signature, message: item.message) else { throw WrongResult("a good signature was refused") }
  }
  report.add("verify, single", single, reference: "22.2 / std 35.1 µs", note: perSecond(single, trial: 33_100))
  for (count, reference, trial) in [(16, "", 54_900), (64, "15.5 µs", 59_500), (512, "12.5 µs", 73_100)] {
    var batch = BatchVerifier()
    for item in signed.prefix(count) { batch.addRaw(item.signature, publicKey: item.key, message: item.message) }
    let samples = try measure(operations: count) {
      guard batch.verifyAll() else { throw WrongResult("a good batch was refused") }
    }
    report.add("verify, batch of \(count), each", samples, reference: reference, note: perSecond(samples, trial: trial))
  }
  var mixed = BatchVerifier()
  for item in signed.prefix(64) {
    mixed.addRaw(item.signature, publicKey: item.key, message: item.key == first.key ? [0] : item.message)
  }
  let verdicts = [false] + [Bool](repeating: true, count: 63)
  let bad = try measure(operations: 64) { try expect(mixed.verify(), verdicts, "verdicts") }
  report.add("verdicts of a batch of 64 with one bad, each", bad)
  let cache = VerificationCache()
  for _ in 0..<3 { keep(cache.verifyRaw(first.signature, publicKey: first.key, message: first.message)) }
  let known = try measure {
    guard cache.verifyRaw(first.signature, publicKey: first.key, message: first.message) else { throw WrongResult("refused") }
  }
  report.add("verify, key seen before", known, note: perSecond(known, trial: 80_900))
}

private func perSecond(_ samples: Samples, trial: Int) -> String {
  "\(Int(1 / samples.wall.median)) /s; trial \(trial) /s"
}

func measureVRF(_ report: inout Report) throws {
  let signer = MemorySigner(seed: [UInt8](repeating: 5, count: 32))
  let alpha = Array("the input of an epoch".utf8)
  let proof = try signer.prove(alpha: alpha)
  report.add("prove", try measure { keep(try signer.prove(alpha: alpha)) })
  let samples = try measure {
    guard VRF.verify(proof, publicKey: signer.publicKey, alpha: alpha) != nil else { throw WrongResult("a good proof was refused") }
  }
  report.add("verify", samples, note: perSecond(samples, trial: 14_400))
}
