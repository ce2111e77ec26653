internal import Bytes

/// Why a PEM text was refused.
public enum PEMError: Error, Equatable, Sendable, CustomStringConvertible {
  case noBlock
  case unexpectedType(expected: String, found: String)
  case trailingGarbage
  case malformedPrivateKey
  case malformedPublicKey
  case malformedSignature
  /// The contents have not the length that the type has.
  case malformedContents(String)

  public var description: String {
    switch self {
    case .noBlock: "pem: data does not contain a block"
    case .unexpectedType: "pem: malformed, unexpected type"
    case .trailingGarbage: "pem: data has trailing garbage"
    case .malformedPrivateKey: "signature: malformed private key"
    case .malformedPublicKey: "signature: malformed public key"
    case .malformedSignature: "signature: malformed signature"
    case .malformedContents(let type): "pem: malformed contents of \(type)"
    }
  }
}

/// One PEM block, and the reader and writer of texts with such blocks. (Sheet 01 §3.7, with the leniency of sheet 00.)
public struct PEM: Hashable, Sendable {
  public var type: String
  public var contents: [UInt8]

  public init(type: String, contents: [UInt8]) {
    self.type = type
    self.contents = contents
  }

  /// The text: base64 in lines of 64 columns, no headers, a newline at the end.
  public var text: String {
    var text = "-----BEGIN \(type)-----\n"
    let digits = contents.base64Text()
    for start in stride(from: 0, to: digits.count, by: 64) {
      text += String(decoding: digits[start..<min(start + 64, digits.count)], as: UTF8.self) + "\n"
    }
    return text + "-----END \(type)-----\n"
  }

  /// Reads a text that holds exactly one block of this type: what comes before is skipped, nothing may follow its last line.
  public static func read(_ text: [UInt8], type: String) throws(PEMError) -> [UInt8] {
    var rest = text[...]
    guard let block = next(&rest) else { throw .noBlock }
    guard rest.isEmpty else { throw .trailingGarbage }
    guard block.type == type else { throw .unexpectedType(expected: type, found: block.type) }
    return block.contents
  }

  /// The first well-formed block, cut off the front of the text together with what precedes it; nil if there is none.
  public static func next(_ text: inout ArraySlice<UInt8>) -> PEM? {
    var position = text.startIndex
    while position < text.endIndex {
      let line = Line(text, at: position)
      if let type = line.type(marker: "-----BEGIN "), let (contents, end) = block(text, at: line.next, type: type) {
        text = text[end...]
        return PEM(type: type, contents: contents)
      }
      position = line.next
    }
    return nil
  }

  /// Contents of a block whose first line has been read, and where its END line ends.
  private static func block(_ text: ArraySlice<UInt8>, at start: Int, type: String) -> ([UInt8], Int)? {
    var position = start
    var digits: [UInt8] = []
    var isHeader = true
    while position < text.endIndex {
      let line = Line(text, at: position)
      if let end = line.type(marker: "-----END ") {
        guard end == type, let contents = [UInt8](base64: String(decoding: digits, as: UTF8.self)) else { return nil }
        return (contents, line.next)
      }
      if isHeader, line.contents.contains(0x3a) {
        position = line.next
        continue
      }
      isHeader = line.contents.isEmpty && isHeader
      digits += line.contents.filter { $0 != 0x20 && $0 != 0x09 }
      position = line.next
    }
    return nil
  }

  /// A line without its end and trailing blanks.
  private struct Line {
    let contents: ArraySlice<UInt8>
    let next: Int

    init(_ text: ArraySlice<UInt8>, at start: Int) {
      let end = text[start...].firstIndex(of: 0x0a)
      next = end.map { $0 + 1 } ?? text.endIndex
      var contents = text[start..<(end ?? text.endIndex)]
      while let last = contents.last, last == 0x20 || last == 0x09 || last == 0x0d { contents = contents.dropLast() }
      self.contents = contents
    }

    func type(marker: String) -> String? {
      let marker = Array(marker.utf8)
      let dashes = Array("-----".utf8)
      guard contents.count >= marker.count + dashes.count, contents.starts(with: marker), contents.suffix(5).elementsEqual(dashes)
      else { return nil }
      return String(decoding: contents.dropFirst(marker.count).dropLast(5), as: UTF8.self)
    }
  }
}

// MARK: - Keys and signatures

extension PEM {
  /// Type of a block with a private key: seed (32) || public key (32).
  public static let privateKeyType = "ED25519 PRIVATE KEY"
  /// Type of a block with a public key.
  public static let publicKeyType = "ED25519 PUBLIC KEY"
  /// Type of a block with a signature.
  public static let signatureType = "ED25519 SIGNATURE"
  /// Type of a block with 32 bytes of entropy.
  public static let staticEntropyType = "STATIC ENTROPY"
  /// Type of a block with a TLS key in PKCS#8.
  public static let tlsPrivateKeyType = "PRIVATE KEY"

  /// What precedes the seed in the PKCS#8 form of an Ed25519 key.
  private static let pkcs8Head: [UInt8] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20]

  /// Text of a private key file.
  public static func privateKey(_ signer: MemorySigner) -> String {
    PEM(type: privateKeyType, contents: signer.seed + signer.publicKey.bytes).text
  }

  /// Text of a public key file.
  public static func publicKey(_ key: PublicKey) -> String { PEM(type: publicKeyType, contents: key.bytes).text }

  /// Text of a signature: a block with the key, then one with the signature.
  public static func signature(_ signature: KeyedSignature) -> String {
    publicKey(signature.publicKey) + PEM(type: signatureType, contents: signature.signature.bytes).text
  }

  /// Text of a TLS private key file.
  public static func tlsPrivateKey(seed: [UInt8]) -> String { PEM(type: tlsPrivateKeyType, contents: pkcs8Head + seed).text }

  /// Seed and stored public half of a private key file. The reference takes the stored half without comparing; so a
  /// caller that signs with the seed has to compare it.
  public static func readPrivateKey(_ text: [UInt8]) throws(PEMError) -> (seed: [UInt8], publicKey: PublicKey) {
    let contents = try read(text, type: privateKeyType)
    guard contents.count == 64, let key = PublicKey(contents[32...]) else { throw .malformedPrivateKey }
    return (Array(contents[..<32]), key)
  }

  /// Key of a public key file.
  public static func readPublicKey(_ text: [UInt8]) throws(PEMError) -> PublicKey {
    guard let key = PublicKey(try read(text, type: publicKeyType)) else { throw .malformedPublicKey }
    return key
  }

  /// Key and signature of a signature text.
  public static func readSignature(_ text: [UInt8]) throws(PEMError) -> KeyedSignature {
    var rest = text[...]
    guard let keyBlock = next(&rest) else { throw .noBlock }
    guard keyBlock.type == publicKeyType else { throw .unexpectedType(expected: publicKeyType, found: keyBlock.type) }
    guard let key = PublicKey(keyBlock.contents) else { throw .malformedPublicKey }
    guard let block = next(&rest) else { throw .noBlock }
    guard block.type == signatureType else { throw .unexpectedType(expected: signatureType, found: block.type) }
    guard let signature = Signature(block.contents) else { throw .malformedSignature }
    return KeyedSignature(publicKey: key, signature: signature)
  }

  /// Seed of a TLS private key file.
  public static func readTLSPrivateKey(_ text: [UInt8]) throws(PEMError) -> [UInt8] {
    let contents = try read(text, type: tlsPrivateKeyType)
    // Version 2 of the format (RFC 5958) has the public key after the seed.
    let end = pkcs8Head.count + 32
    guard contents.count >= end, contents[0] == 0x30, Int(contents[1]) == contents.count - 2, contents[1] < 0x80, contents[4] <= 1,
      contents[2..<4] == pkcs8Head[2..<4], contents[5..<pkcs8Head.count] == pkcs8Head[5...]
    else { throw .malformedPrivateKey }
    return Array(contents[pkcs8Head.count..<end])
  }
}
