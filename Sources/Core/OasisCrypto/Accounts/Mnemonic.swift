internal import Bytes
internal import COpenSSL

/// A BIP-39 phrase: 12, 15, 18, 21 or 24 English words that hold entropy and a checksum.
public struct Mnemonic: Hashable, Sendable {
  /// The phrase as it was given. The seed depends on every byte of it, blanks included.
  public let phrase: String
  /// What the words stand for: 16, 20, 24, 28 or 32 bytes.
  public let entropy: [UInt8]

  /// Reads a phrase: words in lower case, apart by white space.
  ///
  /// - Throws: `AccountKeyError.invalidMnemonic` for another number of words, an unknown word or a wrong checksum.
  public init(phrase: String) throws(AccountKeyError) {
    let words = Substring(phrase).unicodeScalars.split { $0.properties.isWhitespace }.map(Substring.init)
    guard words.count % 3 == 0, (12...24).contains(words.count) else { throw .invalidMnemonic }
    var bits = BitWriter()
    for word in words {
      guard let value = MnemonicWords.value(of: word) else { throw .invalidMnemonic }
      bits.append(value, count: Self.bitsPerWord)
    }
    let entropy = Array(bits.bytes.prefix(words.count / 3 * 4))
    guard Self.words(for: entropy).elementsEqual(words) else { throw .invalidMnemonic }
    (self.phrase, self.entropy) = (phrase, entropy)
  }

  /// The phrase of an entropy; nil unless it has 16, 20, 24, 28 or 32 bytes.
  public init?(entropy: [UInt8]) {
    guard entropy.count % 4 == 0, (16...32).contains(entropy.count) else { return nil }
    (phrase, self.entropy) = (Self.words(for: entropy).joined(separator: " "), entropy)
  }

  /// A new phrase of 24 words.
  public static func random() -> Mnemonic {
    guard let mnemonic = Mnemonic(entropy: randomBytes(32)) else { preconditionFailure("32 bytes are 24 words") }
    return mnemonic
  }

  /// The 64-byte seed of the phrase and a passphrase: PBKDF2 with HMAC-SHA-512 in 2048 rounds.
  ///
  /// BIP-39 asks for both in normal form NFKD. The reference takes the bytes as they are, and so do we: for ASCII there is no difference.
  public func seed(passphrase: String = "") -> [UInt8] {
    let (password, salt) = (phrase.utf8.map { CChar(bitPattern: $0) }, Array("mnemonic".utf8) + Array(passphrase.utf8))
    var seed = [UInt8](repeating: 0, count: 64)
    let done = PKCS5_PBKDF2_HMAC(
      password, Int32(password.count), salt, Int32(salt.count), 2048, EVP_sha512(), Int32(seed.count), &seed)
    precondition(done == 1, "OpenSSL has no PBKDF2")
    return seed
  }

  private static let bitsPerWord = 11

  /// The words of an entropy and its checksum, a bit of SHA-256 for every 32 bits.
  private static func words(for entropy: [UInt8]) -> [Substring] {
    let bytes = entropy + SHA256.digest(entropy)
    return (0..<entropy.count * 3 / 4).map { number in
      let start = number * bitsPerWord
      let value = (start..<start + bitsPerWord).reduce(0) { $0 << 1 | Int(bytes[$1 / 8] >> UInt8(7 - $1 % 8) & 1) }
      return MnemonicWords.english[value]
    }
  }
}

/// Puts bits together, the first as the highest of the first byte.
private struct BitWriter {
  private(set) var bytes: [UInt8] = []
  private var count = 0

  mutating func append(_ value: Int, count bits: Int) {
    for bit in (0..<bits).reversed() {
      if count % 8 == 0 { bytes.append(0) }
      if value >> bit & 1 == 1 { bytes[count / 8] |= 0x80 >> UInt8(count % 8) }
      count += 1
    }
  }
}
