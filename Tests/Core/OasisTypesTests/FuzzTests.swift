import Bytes
import CBOR
import CoreLoaders
import FuzzSupport
import OasisCrypto
import OasisTypes
import Testing
import Wire

private let modes = [DecodingMode.untrusted, .rpc, .trusted, .guest]

private let tokens: [[UInt8]] = [
  [0x81], [0x82], [0xa1], [0xf6], [0x40], [0x58, 0x20], [0x9a, 0, 1, 0, 0], [0xba, 0, 1, 0, 0], [0x5a, 0x7f, 0xff, 0xff, 0xff], [0xa0],
  [0x80], [0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [0x61, 0x76], [0xd8, 0x20], [0x9f], [0xff],
  [0x9b, 0, 0, 0, 1, 0, 0, 0, 0], [0xbb, 0, 0, 0, 1, 0, 0, 0, 0], [0x7b, 0, 0, 0, 1, 0, 0, 0, 0], [0xc2, 0x49, 1, 0, 0, 0, 0, 0, 0, 0, 0],
]

private let jsonTokens =
  [
    "\"", "{", "[", "null", "1e400", "-1", "\"v\":", "\"AAAA\"", "18446744073709551616", "}", "]", ",", ":", "\"id\":", "0.5", "true",
  ].map { Array($0.utf8) }

/// What peers, clients and files hand over whole.
private let envelopes: [(String, WireDecoders)] = [
  ("SignedEnvelope", .init(SignedEnvelope.self)), ("MultiSigned", .init(MultiSigned.self)), ("Transaction", .init(Transaction.self)),
  ("Entity", .init(Entity.self)), ("Node", .init(Node.self)), ("Runtime", .init(Registry.Runtime.self)),
  ("GenesisDocument", .init(GenesisDocument.self)), ("ExecutorCommitment", .init(RootHash.ExecutorCommitment.self)),
  ("BlockMetadata", .init(BlockMetadata.self)), ("Upgrade.Pending", .init(Upgrade.Pending.self)),
]

private func forms(_ types: [(String, WireDecoders)], samples count: Int) -> (cbor: [FuzzForm], json: [FuzzForm]) {
  var random = WireRandom(seed: 5)
  var result: (cbor: [FuzzForm], json: [FuzzForm]) = ([], [])
  for (name, type) in types {
    let samples = (0..<count).map { _ in type.sample(&random) }
    result.cbor.append(
      FuzzForm(name, samples: samples.map(\.cbor).filter { $0.count < 3000 }) { try type.read($0, modes[$1 % 4]) })
    result.json.append(FuzzForm(name, samples: samples.map(\.json).filter { $0.count < 3000 }) { bytes, _ in try type.readJSON(bytes) })
  }
  return result
}

@Suite("Wire types: any input") struct WireTypesFuzzTests {
  @Test func envelopesAreReadOrRefused() async {
    await #expect(processExitsWith: .success) {
      let (cbor, json) = forms(envelopes, samples: 8)
      fuzz("envelopes and descriptors", memory: 768, tokens: tokens, forms: cbor)
      fuzz("envelopes and descriptors in JSON", memory: 768, tokens: jsonTokens, forms: json)
    }
  }

  /// All others share the inputs.
  @Test func everyTypeIsReadOrRefused() async {
    await #expect(processExitsWith: .success) {
      let (cbor, json) = forms(wireDecoders.map { ($0.name, $0.decoders) }, samples: 8)
      fuzz("wire types", share: 20, memory: 768, tokens: tokens, forms: cbor)
      fuzz("wire types in JSON", share: 20, memory: 768, tokens: jsonTokens, forms: json)
    }
  }

  @Test func textsAreReadOrRefused() async {
    await #expect(processExitsWith: .success) {
      let good = [
        Bech32.encode(prefix: "oasis", [UInt8](repeating: 9, count: 21)), "0", "12345678901234567890123", "-0", Namespace().hex,
        [UInt8](repeating: 5, count: 32).base64, "1.2.3",
        "2024-02-29T23:59:59.123456789Z", "A1QQQQQ", "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw",
      ].map { Array($0.utf8) }
      let tokens = ["1", "oasis1", "q", "=", "-", "+", "٣", "99999999999999999999", ".", "Z", "T"].map { Array($0.utf8) }
      func text(_ name: String, _ read: @escaping (String) -> Bool) -> FuzzForm {
        struct Refused: Error {}
        return FuzzForm(name, samples: good) { bytes, _ in if !read(String(decoding: bytes, as: UTF8.self)) { throw Refused() } }
      }
      fuzz(
        "texts", memory: 64, tokens: tokens,
        forms: [
          text("bech32") { text in
            guard let (prefix, bytes) = Bech32.decode(text) else { return false }
            if Bech32.encode(prefix: prefix, bytes) != text.lowercased() { fatalError("bech32: does not write what it read: \(text)") }
            return true
          },
          text("hexadecimal") { [UInt8](hex: $0) != nil }, text("base64") { [UInt8](base64: $0) != nil },
          text("mnemonic") { (try? Mnemonic(phrase: $0)) != nil || $0.utf8.count % 2 == 0 },
          text("derivation path") { (try? DerivationPath(text: $0)) != nil || $0.utf8.count % 2 == 0 },
        ])
    }
  }
}

/// Inputs that claim much and hold little.
@Suite("Wire types: claims") struct ClaimTests {
  private static let claims: [[UInt8]] = {
    let heads: [[UInt8]] = [
      [0x9b, 0, 0, 0, 1, 0, 0, 0, 0], [0xbb, 0, 0, 0, 1, 0, 0, 0, 0], [0x5b, 0, 0, 0, 1, 0, 0, 0, 0], [0x7b, 0, 0, 0, 1, 0, 0, 0, 0],
      [0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
      [0x9a, 0xff, 0xff, 0xff, 0xff], [0xba, 0x7f, 0xff, 0xff, 0xff],
    ]
    let nulls = [UInt8](repeating: 0xf6, count: 9000)
    let prefixes: [[UInt8]] = [[], [0x9f], [0x81], [0xa1, 0x61, 0x76]]
    var claims: [[UInt8]] = []
    for head in heads {
      for prefix in prefixes { claims.append(prefix + head) }
      claims.append(head + nulls)
    }
    let nested: [[UInt8]] = [
      [0x81], [0x9f], [0xc1], [0xd8, 0x20], [0xa1, 0x61, 0x61], [0xbf, 0x61, 0x61], [0x5f], [0x7f], [0xc2], [0xa1],
    ]
    for token in nested {
      var bytes: [UInt8] = []
      for _ in 0..<100_000 { bytes += token }
      claims.append(bytes)
    }
    return claims
  }()

  /// Refused at once, with no more memory than the bytes that came.
  @Test func takeNoMemory() async {
    await #expect(processExitsWith: .success) {
      let types = (envelopes + wireDecoders.map { ($0.name, $0.decoders) })
      let forms = types.map { name, type in
        FuzzForm(name) { _, number in
          for (index, claim) in ClaimTests.claims.enumerated() { try? type.read(claim, modes[(number + index) % 4]) }
          throw CBORError(.truncated, offset: 0)
        }
      }
      fuzz("claims", share: 100_000, least: 4, memory: 96, forms: forms + [FuzzForm("all") { _, _ in }])
    }
  }

  /// Elements of nothing: the one budget of all bounds what they may become.
  @Test func nothingsAreBounded() async {
    await #expect(processExitsWith: .success) {
      let count = 4_000_000
      var nulls: [UInt8] = [0x9a] + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> $0) }
      nulls += [UInt8](repeating: 0xf6, count: count)
      let input = nulls
      fuzz(
        "nothings", share: 100_000, least: 5, memory: 1400,
        forms: [
          FuzzForm("[Node]") { _, number in if number < 4 { _ = try [Node].decode(cbor: input, mode: modes[number]) } },
          FuzzForm("[Runtime]") { _, number in if number < 4 { _ = try [Registry.Runtime].decode(cbor: input, mode: modes[number]) } },
          FuzzForm("refused") { _, _ in throw CBORError(.truncated, offset: 0) },
          FuzzForm("[[UInt8]]") { _, number in if number < 4 { _ = try [[UInt8]].decode(cbor: input, mode: modes[number]) } },
        ])
    }
  }

  @Test func deepJSONIsRefused() async {
    await #expect(processExitsWith: .success) {
      let deep = ["[", "{\"v\":", "[{\"id\":"].map { Array(String(repeating: $0, count: 100_000).utf8) }
      let types = (envelopes + wireDecoders.map { ($0.name, $0.decoders) })
      let forms = types.map { name, type in
        FuzzForm(name) { _, number in try type.readJSON(deep[number % deep.count]) }
      }
      fuzz("deep JSON", share: 100_000, least: 3, memory: 96, forms: forms + [FuzzForm("all") { _, _ in }])
    }
  }
}
