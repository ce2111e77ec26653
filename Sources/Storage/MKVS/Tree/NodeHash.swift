internal import Bytes
internal import COpenSSL
internal import OasisCrypto

/// A node's hash as four words, cheap to keep in nodes and to compare.
struct NodeHash: Hashable {
  // The bytes of the hash in memory order; never read as numbers.
  var a: UInt64 = 0, b: UInt64 = 0, c: UInt64 = 0, d: UInt64 = 0

  init() {}

  init(_ hash: Hash) {
    hash.withUnsafeBytes { self = $0.loadUnaligned(as: NodeHash.self) }  // a hash has 32 bytes
  }

  /// The 32 bytes from `pointer`.
  init(reading pointer: UnsafePointer<UInt8>) {
    self = UnsafeRawPointer(pointer).loadUnaligned(as: NodeHash.self)
  }

  /// H(""): stands for a nil pointer and for the empty tree.
  static var empty: NodeHash {
    var hash = NodeHash()
    hash.a = UInt64(bigEndian: 0xc672_b8d1_ef56_ed28)
    hash.b = UInt64(bigEndian: 0xab87_c362_2c51_1406)
    hash.c = UInt64(bigEndian: 0x9bdd_3ad7_b8f9_7374)
    hash.d = UInt64(bigEndian: 0x98d0_c01e_cef0_967a)
    return hash
  }

  var hash: Hash { withUnsafeBytes(of: self) { Hash($0) ?? Hash() } }

  func append(to bytes: inout [UInt8]) {
    withUnsafeBytes(of: self) { bytes.append(contentsOf: $0) }
  }
}

/// SHA-512/256 over one assembled preimage: nearly every node fits one block, so that padding and transforming directly beats the
/// general interface.
struct NodeHasher {
  private let context = UnsafeMutablePointer<SHA512_CTX>.allocate(capacity: 1)
  private var buffer: UnsafeMutablePointer<UInt8>
  private var capacity = 1024
  private(set) var count = 0

  init() {
    buffer = .allocate(capacity: capacity)
    SHA512_Init(context)
  }

  func deallocate() {
    context.deallocate()
    buffer.deallocate()
  }

  private mutating func reserve(_ more: Int) {
    let needed = count + more + 256  // room for padding
    guard needed > capacity else { return }
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: needed * 2)
    larger.update(from: buffer, count: count)
    buffer.deallocate()
    buffer = larger
    capacity = needed * 2
  }

  mutating func append(_ byte: UInt8) {
    reserve(1)
    buffer[count] = byte
    count += 1
  }

  mutating func append(_ value: UInt16) {
    append(UInt8(truncatingIfNeeded: value))
    append(UInt8(truncatingIfNeeded: value >> 8))
  }

  mutating func append(_ value: UInt32) {
    append(UInt16(truncatingIfNeeded: value))
    append(UInt16(truncatingIfNeeded: value >> 16))
  }

  mutating func append(_ bytes: UnsafePointer<UInt8>, _ length: Int) {
    reserve(length)
    (buffer + count).update(from: bytes, count: length)
    count += length
  }

  mutating func append(_ hash: NodeHash) {
    reserve(32)
    UnsafeMutableRawPointer(buffer + count).storeBytes(of: hash, as: NodeHash.self)
    count += 32
  }

  /// The hash of what was appended; empties the buffer.
  mutating func finish() -> NodeHash {
    let bits = UInt64(count) &* 8
    append(0x80 as UInt8)
    reserve(144)
    while count % 128 != 112 {
      buffer[count] = 0
      count += 1
    }
    // The upper half of the 128-bit length is zero: no preimage has 2^61 bytes.
    UnsafeMutableRawPointer(buffer + count).storeBytes(of: 0, as: UInt64.self)
    UnsafeMutableRawPointer(buffer + count + 8).storeBytes(of: bits.bigEndian, as: UInt64.self)
    count += 16
    // FIPS 180-4, 5.3.6.2: the initial value of SHA-512/256
    context.pointee.h = (
      0x2231_2194_fc2b_f72c, 0x9f55_5fa3_c84c_64c2, 0x2393_b86b_6f53_b151, 0x9638_7719_5940_eabd,
      0x9628_3ee2_a88e_ffe3, 0xbe5e_1e25_5386_3992, 0x2b01_99fc_2c85_b8aa, 0x0eb7_2ddc_81c5_2ca2
    )
    var offset = 0
    while offset < count {
      SHA512_Transform(context, buffer + offset)
      offset += 128
    }
    count = 0
    var result = NodeHash()
    result.a = context.pointee.h.0.bigEndian
    result.b = context.pointee.h.1.bigEndian
    result.c = context.pointee.h.2.bigEndian
    result.d = context.pointee.h.3.bigEndian
    return result
  }
}
