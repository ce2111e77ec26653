internal import Bytes
public import GoldenSupport
internal import JSONText
internal import OasisCrypto

/// `signatures.jsonl`: the verification predicate, contexts, signing, batches, blacklists. Envelopes are read by `EnvelopeLoader`.
public enum SignatureLoader: GoldenLoader {
  public static let patterns = ["vectors/core/signatures.jsonl"]

  public static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    var blacklist = PublicKeyBlacklist.production
    try runCases(file, &report) { item in
      switch item.kind {
      case "raw": try raw(item)
      case "sign": try sign(item)
      case "context-setup": try contextSetup(item)
      case "verify": try verify(item)
      case "many": try many(item)
      case "batch": try batch(item)
      case "blacklist":
        let allowed = item.name.contains("test_keys_allowed")
        let list = allowed ? PublicKeyBlacklist.reserved : .production
        try expectEqual(list.contains(try item.fixed("public_key")), try item.bool("blacklisted"), "blacklisted")
      case "blacklist-add":
        let key: PublicKey = try item.fixed("public_key")
        try expectEqual(blacklist.insert(key), true, "first")
        try expectEqual(blacklist.insert(key), false, "second")
      case "signed-entity", "multisigned-entity": try EnvelopeCases.check(item)
      case "point":
        let point = PointEncoding(try item.bytes("encoding"))
        try expectEqual(point != nil, try item.bool("decodes"), "decodes")
        guard let point else { return nil }
        if item.has("small_order") { try expectEqual(point.isSmallOrder, try item.bool("small_order"), "small order") }
        if item.has("canonical_reencoding") { try expectEqual(point.canonical, try item.bytes("canonical_reencoding"), "canonical") }
      default: throw GoldenError("unknown kind \(item.kind)")
      }
      return nil
    }
  }

  private static func raw(_ item: Case) throws {
    let key: PublicKey = try item.fixed("public_key")
    let message = try item.bytes("message")
    let ok = try item.bool("ok")
    guard let signature = Signature(try item.bytes("signature")) else {
      try expectEqual(false, ok, "length")
      return
    }
    try expectEqual(key.verifyRaw(signature, message: message), ok, "verdict")
    var batch = BatchVerifier()
    batch.addRaw(signature, publicKey: key, message: message)
    try expectEqual(batch.verifyAll(), ok, "batch verdict")
    let cache = VerificationCache()
    for sight in 1...3 { try expectEqual(cache.verifyRaw(signature, publicKey: key, message: message), ok, "verdict at sight \(sight)") }
    // In company of a good one.
    let signer = MemorySigner(seed: [UInt8](repeating: 7, count: 32))
    batch.addRaw(try signer.signRaw([1]), publicKey: signer.publicKey, message: [1])
    try expectEqual(batch.verify(), [ok, true], "verdicts")
    // Among several, so that keys and commitments with torsion parts meet random weights.
    for other: UInt8 in 2...4 { batch.addRaw(try signer.signRaw([other]), publicKey: signer.publicKey, message: [other]) }
    batch.addRaw(signature, publicKey: key, message: message)
    try expectEqual(batch.verify(), [ok, true, true, true, true, ok], "verdicts among several")
    try expectEqual(batch.verifyAll(), ok, "verdict on several")
  }

  private static func context(_ item: Case) throws -> SignatureContext {
    let known: [SignatureContext] = [
      .consensusTransaction, .executorCommitment, .proposal, .computeResultsHeader, .registerEntity, .registerNode, .teeAttestation,
      .endorseTEECapability, .attestComponentLabels, .tendermint, .libP2P, .keyManagerPolicy, .keyManagerInitResponse,
      .encryptedMasterSecret, .encryptedEphemeralSecret, .keyManagerPublicKey, .churpPolicy, .churpApplication, .churpConfirmation,
      .enclaveRPC,
    ]
    let base = try item.text("context")
    guard var context = known.first(where: { $0.base == base }) else { throw GoldenError("unregistered") }
    if item.has("suffix") { context = context.with(suffix: try item.text("suffix")) }
    if item.has("chain_context") { context = context.on(chain: try item.text("chain_context")) }
    return context
  }

  private static func sign(_ item: Case) throws {
    guard !item.has("error") else {
      guard let context = try? context(item) else { return }
      guard (try? context.fullBytes()) == nil else { throw GoldenError("accepted an unusable context") }
      return
    }
    let context = try context(item)
    let message = try item.bytes("message")
    let signer = MemorySigner(seed: try item.bytes("seed"))
    try expectEqual(signer.publicKey, try item.fixed("public_key"), "key")
    try expectEqual(try context.fullBytes(), Array(try item.text("full_context").utf8), "full context")
    try expectEqual(try context.prepare(message), try item.fixed("prepared"), "prepared message")
    try expectEqual(try signer.sign(context: context, message: message), try item.fixed("signature"), "signature")
  }

  private static func contextSetup(_ item: Case) throws {
    func text(_ count: Int) -> String { String(repeating: "a", count: count) }
    let made: Bool?
    switch item.name {
    case "context/new/empty": made = (try? SignatureContext("")) != nil
    case "context/new/max255": made = (try? SignatureContext(text(255))) != nil
    case "context/new/256": made = (try? SignatureContext(text(256))) != nil
    case "context/new/chain_max180": made = (try? SignatureContext(text(180), chainSeparated: true)) != nil
    case "context/new/chain_181": made = (try? SignatureContext(text(181), chainSeparated: true)) != nil
    case "context/new/contains_separator": made = (try? SignatureContext("abc for chain def")) != nil
    case "context/chain/empty": made = (try? SignatureContext.consensusTransaction.on(chain: "").fullBytes()) != nil
    case "context/chain/65": made = (try? SignatureContext.consensusTransaction.on(chain: text(65)).fullBytes()) != nil
    case "context/chain/64": made = (try? SignatureContext.consensusTransaction.on(chain: text(64)).fullBytes()) != nil
    default: made = nil  // Registration and the process-wide chain context: here contexts are values.
    }
    if let made { try expectEqual(made, try item.bool("ok"), "accepted") }
  }

  private static func verify(_ item: Case) throws {
    let ok = try item.bool("ok")
    if item.has("signature"), (try? context(item)) == nil { return try expectEqual(false, ok, "unregistered context") }
    guard item.has("signature"), let context = try? context(item) else {
      let key: PublicKey = try item.fixed("public_key")
      let signer = TestKeys.entity
      try expectEqual(key, signer.publicKey, "test entity")
      let signature = try signer.sign(context: .registerEntity, message: [1])
      try expectEqual(key.verify(signature, message: [1], context: .registerEntity, blacklist: .production), ok, "verdict")
      return
    }
    guard let signature = Signature(try item.bytes("signature")) else { return try expectEqual(false, ok, "length") }
    let blacklist: PublicKeyBlacklist = item.flag("test_keys_forbidden") ? .production : .reserved
    let key: PublicKey = try item.fixed("public_key")
    try expectEqual(
      key.verify(signature, message: try item.bytes("message"), context: context, blacklist: blacklist), ok, "verdict")
  }

  private static func many(_ item: Case) throws {
    var batch = BatchVerifier(blacklist: .reserved)
    let message = try item.bytes("message")
    let context = try context(item)
    for signature in try item.cases("signatures") {
      batch.add(try signature.fixed("signature"), publicKey: try signature.fixed("public_key"), message: message, context: context)
    }
    try expectEqual(batch.verifyAll(), try item.bool("ok"), "verdict")
  }

  private static func batch(_ item: Case) throws {
    var batch = BatchVerifier(blacklist: .reserved)
    var verdicts: [Bool] = []
    for (entry, result) in zip(try item.cases("items"), item.value["results"]?.array ?? []) {
      // Signatures of another length and unknown contexts do not exist as values.
      guard let context = try? context(entry), let signature = Signature(try entry.bytes("signature")) else {
        try expectEqual(result.isNull, false, "accepted")
        continue
      }
      batch.add(signature, publicKey: try entry.fixed("public_key"), message: try entry.bytes("message"), context: context)
      verdicts.append(result.isNull)
    }
    try expectEqual(batch.verify(), verdicts, "verdicts")
  }
}
