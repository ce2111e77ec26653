internal import Bytes
public import GoldenSupport
internal import JSONText
internal import OasisCrypto

/// `tuplehash.jsonl`: TupleHash, the digest of TEE attestations, the binding of attestation keys.
public enum TupleHashLoader: GoldenLoader {
  public static let patterns = ["vectors/core/tuplehash.jsonl"]

  public static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    try runCases(file, &report) { item in
      if item.name.hasPrefix("attestation/") {
        var hash = TupleHash(customization: Array(SignatureContext.teeAttestation.base.utf8))
        hash.add(try item.bytes("report_data"))
        hash.add(try item.bytes("node_id"))
        hash.add(try item.integer("height", UInt64.self).littleEndianBytes)
        if let key = try item.optionalBytes("rek") { hash.add(key) }
        try expectEqual(hash.finish(), try item.bytes("digest"), "digest")
      } else if item.name.hasPrefix("rak-binding/") {
        let digest = Hash.digest(Array("oasis-core/node: TEE RAK binding".utf8), try item.bytes("rak"))
        try expectEqual(digest.bytes, try item.bytes("digest"), "digest")
      } else {
        let strength: CSHAKE.Strength = try item.integer("bits", Int.self) == 128 ? .bits128 : .bits256
        var hash = TupleHash(strength, byteCount: try item.integer("output_size"), customization: try item.bytes("customization"))
        for part in try item.byteList("items") { hash.add(part) }
        try expectEqual(hash.finish(), try item.bytes("digest"), "digest")
      }
      return nil
    }
  }
}

/// `drbg-shuffle.jsonl`: HMAC_DRBG and Go's random numbers over it.
public enum DRBGLoader: GoldenLoader {
  public static let patterns = ["vectors/core/drbg-shuffle.jsonl"]

  public static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    try runCases(file, &report) { item in
      switch item.kind {
      case "drbg", "drbg-big":
        switch try item.text("hash") {
        case "sha512": try reads(item, SHA512.self)
        case "sha512_256": try reads(item, SHA512_256.self)
        case "sha256": try reads(item, SHA256.self)
        default: return "hash \(try item.text("hash"))"
        }
      case "drbg-new":
        let made =
          (try? HMACDRBG<SHA512>(
            entropy: [UInt8](repeating: 0, count: try item.integer("entropy_size")),
            nonce: [UInt8](repeating: 0, count: try item.integer("nonce_size")), personalization: [])) != nil
        try expectEqual(made, !item.has("error"), "accepted")
      case "source": try source(item)
      case "calls": try calls(item)
      case "perm":
        let count: Int = try item.integer("n")
        var random = try random(item)
        try expectEqual(random.permutation(count), item.integers("perm"), "permutation")
        random = try self.random(item)
        var values = Array(0..<count)
        random.shuffle(&values)
        try expectEqual(values, item.integers("shuffle"), "shuffle")
      default: throw GoldenError("unknown kind \(item.kind)")
      }
      return nil
    }
  }

  private static func reads<H: HashFunction>(_ item: Case, _ hash: H.Type) throws {
    var generator = try HMACDRBG<H>(
      entropy: try item.bytes("entropy"), nonce: try item.bytes("nonce"), personalization: try item.bytes("personalization"))
    if item.kind == "drbg" {
      for read in try item.cases("reads") {
        try expectEqual(generator.read(try read.integer("size")), try read.bytes("output"), "output")
      }
    } else {
      let output = generator.read(try item.integer("read_size"))
      try expectEqual(Hash.digest(output), try item.fixed("output_hash"), "output hash")
      try expectEqual(Array(output.suffix(100)), try item.bytes("output_last_100"), "last bytes")
      try expectEqual(generator.read(8), try item.bytes("next_8"), "next")
    }
  }

  private static func random(_ item: Case) throws -> ElectionRandom {
    try ElectionRandom(
      entropy: try item.bytes("entropy"), nonce: try item.bytes("nonce"), personalization: try item.bytes("personalization"))
  }

  private static func source(_ item: Case) throws {
    var source = try random(item)
    var next = 0
    for entry in try item.cases("uint64") {
      let index: Int = try entry.integer("index")
      while next < index {
        _ = source.uint64()
        next += 1
      }
      try expectEqual(source.uint64(), try entry.integer("value"), "uint64 \(index)")
      next += 1
    }
    source = try random(item)
    for value in item.value["int63"]?.array ?? [] {
      try expectEqual(String(source.int63()), value.string ?? "", "int63")
    }
  }

  private static func calls(_ item: Case) throws {
    var random = try random(item)
    for call in try item.cases("calls") {
      switch try call.text("call") {
      case "Int63": try expectEqual(random.int63(), try call.integer("result"), "Int63")
      case "Uint32": try expectEqual(random.uint32(), try call.integer("result"), "Uint32")
      case "Uint64": try expectEqual(random.uint64(), try call.integer("result"), "Uint64")
      case "Int31": try expectEqual(random.int31(), try call.integer("result"), "Int31")
      case "Intn": try expectEqual(random.int(below: try call.integer("arg")), try call.integer("result"), "Intn")
      case "Int31n": try expectEqual(random.int31(below: try call.integer("arg")), try call.integer("result"), "Int31n")
      case "Int63n": try expectEqual(random.int63(below: try call.integer("arg")), try call.integer("result"), "Int63n")
      case "Perm": try expectEqual(random.permutation(try call.integer("arg")), call.integers("result"), "Perm")
      default: throw GoldenError("unknown call")
      }
    }
  }
}
