internal import Bytes

/// Deoxys-II-256-128 v1.43: authenticated encryption that stays safe when a nonce is used twice (sheet 01 §5).
///
/// Memory and time are those of the input, twice over it; time does not depend on key or contents.
public struct DeoxysII: Sendable {
  public static let keyByteCount = 32
  public static let nonceByteCount = 15
  /// Bytes that a ciphertext has more than its plaintext.
  public static let tagByteCount = 16

  private typealias Block = DeoxysBC.Block
  private let cipher: DeoxysBC

  /// Nil unless the key has 32 bytes.
  public init?(key: [UInt8]) {
    guard key.count == Self.keyByteCount else { return nil }
    cipher = DeoxysBC(key: key)
  }

  /// Ciphertext and tag; nil unless the nonce has 15 bytes.
  public func seal(_ plaintext: [UInt8], nonce: [UInt8], associatedData: [UInt8] = []) -> [UInt8]? {
    guard nonce.count == Self.nonceByteCount else { return nil }
    let tag = tag(plaintext, nonce, associatedData)
    return crypt(plaintext, tag, nonce) + Self.bytes(tag)
  }

  /// The plaintext; nil when ciphertext, nonce, associated data or key are not those of `seal`.
  public func open(_ ciphertext: [UInt8], nonce: [UInt8], associatedData: [UInt8] = []) -> [UInt8]? {
    guard nonce.count == Self.nonceByteCount, ciphertext.count >= Self.tagByteCount else { return nil }
    let body = Array(ciphertext.dropLast(Self.tagByteCount))
    let claimed = Block(ciphertext.suffix(Self.tagByteCount))
    let plaintext = crypt(body, claimed, nonce)
    let difference = tag(plaintext, nonce, associatedData) ^ claimed
    // One comparison for all bytes: which of them differ shows nowhere.
    guard difference.indices.reduce(UInt8(0), { $0 | difference[$1] }) == 0 else { return nil }
    return plaintext
  }

  // MARK: Authentication

  /// What a block is, in the upper half of its tweak's first byte.
  private enum Part {
    static let message: UInt8 = 0x00
    static let tag: UInt8 = 0x10
    static let associatedData: UInt8 = 0x20
    /// Added for a last block that is not full.
    static let partial: UInt8 = 0x40
  }

  private func tag(_ plaintext: [UInt8], _ nonce: [UInt8], _ associatedData: [UInt8]) -> Block {
    let sum = sum(associatedData, Part.associatedData) ^ sum(plaintext, Part.message)
    return cipher.encrypt(sum, tweak: Block([Part.tag] + nonce))
  }

  /// The sum of the encrypted blocks; a last one that is not full is filled with a one bit and zeros.
  private func sum(_ bytes: [UInt8], _ part: UInt8) -> Block {
    var total = Block()
    let count = (bytes.count + 15) / 16
    for start in stride(from: 0, to: count, by: 8) {
      let group = min(8, count - start)
      let blocks = InlineArray<8, Block> { $0 < group ? Self.block(bytes, start + $0) : Block() }
      let tweaks = InlineArray<8, Block> { index in
        let isPartial = (start + index + 1) * 16 > bytes.count
        return Self.tweak(part | (isPartial ? Part.partial : 0), start + index)
      }
      let encrypted = cipher.encrypt(blocks, tweaks: tweaks)
      for index in 0..<group { total ^= encrypted[index] }
    }
    return total
  }

  private static func tweak(_ part: UInt8, _ number: Int) -> Block {
    var tweak = counter(number)
    tweak[0] = part
    return tweak
  }

  /// A number as the last eight bytes.
  private static func counter(_ number: Int) -> Block {
    var block = Block()
    for index in 0..<8 { block[15 - index] = UInt8(truncatingIfNeeded: number >> (8 * index)) }
    return block
  }

  // MARK: Encryption

  /// Adds the key stream of a tag; what encrypts also decrypts.
  private func crypt(_ bytes: [UInt8], _ tag: Block, _ nonce: [UInt8]) -> [UInt8] {
    let input = Block([0] + nonce)
    var base = tag
    base[0] |= 0x80
    var output: [UInt8] = []
    output.reserveCapacity(bytes.count + Self.tagByteCount)
    let count = (bytes.count + 15) / 16
    for start in stride(from: 0, to: count, by: 8) {
      let tweaks = InlineArray<8, Block> { base ^ Self.counter(start + $0) }
      let stream = cipher.encrypt(InlineArray(repeating: input), tweaks: tweaks)
      for index in 0..<min(8, count - start) {
        let offset = (start + index) * 16
        for lane in 0..<min(16, bytes.count - offset) { output.append(bytes[offset + lane] ^ stream[index][lane]) }
      }
    }
    return output
  }

  private static func block(_ bytes: [UInt8], _ number: Int) -> Block {
    let offset = number * 16
    var block = Block()
    let count = min(16, bytes.count - offset)
    for lane in 0..<count { block[lane] = bytes[offset + lane] }
    if count < 16 { block[count] = 0x80 }
    return block
  }

  private static func bytes(_ block: Block) -> [UInt8] { block.indices.map { block[$0] } }
}
