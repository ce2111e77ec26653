internal import Bytes
internal import Foundation
public import GoldenSupport
internal import JSONText
internal import NodeIdentity
internal import OasisCrypto
internal import OasisTypes
internal import Wire

/// `vrf.jsonl`: proofs made and checked.
public enum VRFLoader: GoldenLoader {
  public static let patterns = ["vectors/core/vrf.jsonl"]

  public static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    try runCases(file, &report) { item in
      let alpha = try item.bytes("alpha")
      switch item.kind {
      case "prove":
        let signer = MemorySigner(seed: try item.bytes("seed"))
        try expectEqual(signer.publicKey, try item.fixed("public_key"), "key")
        let proof = try signer.prove(alpha: alpha)
        try expectEqual(proof, try item.fixed("proof"), "proof")
        let beta = VRF.verify(proof, publicKey: signer.publicKey, alpha: alpha)
        try expectEqual(beta, try item.bytes("beta"), "beta")
      case "verify":
        let key: PublicKey = try item.fixed("public_key")
        guard let proof = VRFProof(try item.bytes("proof")) else {
          try expectEqual(false, try item.bool("ok"), "length")
          return nil
        }
        let beta = VRF.verify(proof, publicKey: key, alpha: alpha, blacklist: .reserved)
        try expectEqual(beta != nil, try item.bool("ok"), "verdict")
        if beta != nil { try expectEqual(beta, try item.bytes("beta"), "beta") }
        try expectEqual(VRF.output(of: proof), try item.optionalBytes("proof_to_hash"), "proof to hash")
      default: throw GoldenError("unknown kind \(item.kind)")
      }
      return nil
    }
  }
}

/// `x25519-deoxys.jsonl`: key agreement, the authenticated cipher, and boxes of both.
public enum X25519Loader: GoldenLoader {
  public static let patterns = ["vectors/core/x25519-deoxys.jsonl"]

  public static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    try runCases(file, &report) { item in
      switch item.kind {
      case "aead":
        let sealed = try cipher(item)?.seal(
          try item.bytes("plaintext"), nonce: try item.bytes("nonce"), associatedData: try item.bytes("ad"))
        try expectEqual(sealed, try item.bytes("ciphertext"), "ciphertext")
        fallthrough
      case "aead-open":
        let opened = try cipher(item)?.open(
          try item.bytes("ciphertext"), nonce: try item.bytes("nonce"), associatedData: try item.bytes("ad"))
        try expectEqual(opened, try item.optionalBytes("plaintext"), "plaintext")
        try expectEqual(opened != nil, try item.bool("ok"), "verdict")
      case "box":
        try expectEqual(X25519.publicKey(of: try item.bytes("private_a")), try item.bytes("public_a"), "public key")
        try box(item)
        fallthrough
      case "derive":
        let (own, peer) = (try item.bytes("private_a"), try item.bytes("public_b"))
        try expectEqual(X25519.sharedSecret(privateKey: own, publicKey: peer), try item.bytes("shared"), "shared secret")
        try expectEqual(MRAEBox(privateKey: own, peer: peer)?.symmetricKey, try item.bytes("symmetric_key"), "symmetric key")
      case "key":
        let key = TestKeys.seed("ekiden test key manager REK seed")
        try expectEqual(key, try item.bytes("private_a"), "private key")
        try expectEqual(X25519.publicKey(of: key), try item.bytes("public_a"), "public key")
      default: throw GoldenError("unknown kind \(item.kind)")
      }
      return nil
    }
  }

  private static func cipher(_ item: Case) throws -> DeoxysII? { DeoxysII(key: try item.bytes("key")) }

  /// Sealed by one side, opened by the other.
  private static func box(_ item: Case) throws {
    let (nonce, data) = (try item.bytes("nonce"), try item.bytes("ad"))
    let ours = MRAEBox(privateKey: try item.bytes("private_a"), peer: try item.bytes("public_b"))
    let theirs = MRAEBox(privateKey: try item.bytes("private_b"), peer: try item.bytes("public_a"))
    let sealed = try ours?.seal(item.bytes("plaintext"), nonce: nonce, associatedData: data)
    try expectEqual(sealed, try item.bytes("box"), "box")
    let opened = theirs?.open(try item.bytes("box"), nonce: nonce, associatedData: data)
    try expectEqual(opened, try item.bool("opens") ? try item.bytes("plaintext") : nil, "opened")
  }
}

/// `pem.jsonl`: key files. Entity files belong to the registry.
public enum PEMLoader: GoldenLoader {
  public static let patterns = ["vectors/core/pem.jsonl"]

  public static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    try runCases(file, &report) { item in
      switch item.kind {
      case "private-key":
        let key = try outcome(item) { try PEM.readPrivateKey($0) }
        guard let key else { return nil }
        try expectEqual(key.publicKey, try item.fixed("public_key"), "key")
        if item.name.hasPrefix("private/good") {
          try expectEqual(PEM.privateKey(MemorySigner(seed: key.seed)), try item.text("pem"), "text")
        }
      case "public-key":
        let key = try outcome(item) { try PEM.readPublicKey($0) }
        guard let key else { return nil }
        try expectEqual(key, try item.fixed("public_key"), "key")
        if item.name.hasPrefix("public/good") { try expectEqual(PEM.publicKey(key), try item.text("pem"), "text") }
      case "signature":
        let signature = try outcome(item) { try PEM.readSignature($0) }
        guard let signature else { return nil }
        try expectEqual(signature.publicKey, try item.fixed("public_key"), "key")
        try expectEqual(signature.signature, try item.fixed("signature"), "signature")
        if item.name == "signature/good" { try expectEqual(PEM.signature(signature), try item.text("pem"), "text") }
      case "pem-block":
        let block = PEM(type: try item.text("type"), contents: try item.bytes("data"))
        try expectEqual(block.text, try item.text("pem"), "text")
        try expectEqual(try PEM.read(Array(block.text.utf8), type: block.type), block.contents, "contents")
      case "tls-key":
        let seed = try outcome(item) { try PEM.readTLSPrivateKey($0) }
        guard let seed, item.has("private_key") else { return nil }
        try expectEqual(seed + MemorySigner(seed: seed).publicKey.bytes, try item.bytes("private_key"), "key")
      case "file-mode": try fileMode(item)
      case "entity-json-write":
        let entity = try Entity.decode(cbor: try item.bytes("entity_cbor"))
        try expectEqual(entity.jsonText(indent: "  "), try item.text("text"), "text")
      case "entity-json-read": try readEntity(item)
      case "signed-entity-json":
        let envelope = try SignedEnvelope.decode(json: try item.text("text"))
        try expectEqual(envelope.cbor().hex, try item.text("cbor"), "CBOR")
        try expectEqual(envelope.jsonText(indent: "  "), try item.text("text"), "text")
      default: throw GoldenError("unknown kind \(item.kind)")
      }
      return nil
    }
  }

  /// Whether a key file with these permissions is read.
  private static func fileMode(_ item: Case) throws {
    let folder = "\(NSTemporaryDirectory())golden-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let file = KeyFile(folder: folder, name: "identity")
    _ = try file.load(generate: true)
    let mode = Int(try item.text("mode_octal"), radix: 8) ?? 0
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.privatePath)
    try expectEqual((try? file.load(generate: false)) != nil, try item.bool("ok"), "verdict")
  }

  /// An entity's file as people write it, and whether its descriptor would do.
  private static func readEntity(_ item: Case) throws {
    let decoded = Result { try Entity.decode(json: try item.text("text")) }
    guard try item.bool("ok") else {
      guard case .failure = decoded else { throw GoldenError("accepted what the reference refuses") }
      return
    }
    let entity = try decoded.get()
    try expectEqual(entity.cbor().hex, try item.text("entity_cbor"), "CBOR")
    for (key, isStrict) in [("strict_error", true), ("lenient_error", false)] {
      try expectEqual((try? entity.validate(strict: isStrict)) != nil, !item.has(key), key)
    }
  }

  private static func outcome<T>(_ item: Case, _ read: ([UInt8]) throws -> T) throws -> T? {
    let result = Result { try read(Array(try item.text("pem").utf8)) }
    switch (result, try item.bool("ok")) {
    case (.success(let value), true): return value
    case (.failure, false): return nil
    case (.success, false): throw GoldenError("accepted what the reference refuses")
    case (.failure(let error), true): throw GoldenError("refused what the reference accepts: \(error)")
    }
  }
}
