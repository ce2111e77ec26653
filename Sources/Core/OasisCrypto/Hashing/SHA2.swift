internal import Bytes
internal import COpenSSL

/// SHA-512/256 (FIPS 180-4): SHA-512 with its own initial state, cut to 32 bytes. The hash of the Oasis consensus layer.
public struct SHA512_256: HashFunction {
  public static var blockByteCount: Int { 128 }
  public static var digestByteCount: Int { 32 }

  private var context: SHA512_CTX

  public init() {
    // OpenSSL's low-level interface is used since a context of its high-level one costs an allocation per hash.
    context = SHA512_CTX()
    SHA512_Init(&context)
    context.h = (
      0x2231_2194_fc2b_f72c, 0x9f55_5fa3_c84c_64c2, 0x2393_b86b_6f53_b151, 0x9638_7719_5940_eabd,
      0x9628_3ee2_a88e_ffe3, 0xbe5e_1e25_5386_3992, 0x2b01_99fc_2c85_b8aa, 0x0eb7_2ddc_81c5_2ca2
    )
  }

  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count > 0 else { return }
    SHA512_Update(&context, bytes.baseAddress, bytes.count)
  }

  public func finish() -> [UInt8] {
    Array(unsafeUninitializedCapacity: 32) { buffer, count in
      write(to: UnsafeMutableRawBufferPointer(buffer))
      count = 32
    }
  }

  /// Digest as a `Hash`.
  public func hash() -> Hash {
    var result = Hash()
    result.withUnsafeMutableBytes { write(to: $0) }
    return result
  }

  private func write(to buffer: UnsafeMutableRawBufferPointer) {
    precondition(buffer.count == 32)
    var copy = context
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 64) { full in
      SHA512_Final(full.baseAddress, &copy)
      buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(full)[..<32]))
    }
  }
}

/// SHA-512 (FIPS 180-4).
public struct SHA512: HashFunction {
  public static var blockByteCount: Int { 128 }
  public static var digestByteCount: Int { 64 }

  private var context: SHA512_CTX

  public init() {
    context = SHA512_CTX()
    SHA512_Init(&context)
  }

  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count > 0 else { return }
    SHA512_Update(&context, bytes.baseAddress, bytes.count)
  }

  public func finish() -> [UInt8] {
    var copy = context
    return Array(unsafeUninitializedCapacity: 64) { buffer, count in
      SHA512_Final(buffer.baseAddress, &copy)
      count = 64
    }
  }
}

/// SHA-256 (FIPS 180-4): CometBFT's hash.
public struct SHA256: HashFunction {
  public static var blockByteCount: Int { 64 }
  public static var digestByteCount: Int { 32 }

  private var context: SHA256_CTX

  public init() {
    context = SHA256_CTX()
    SHA256_Init(&context)
  }

  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count > 0 else { return }
    SHA256_Update(&context, bytes.baseAddress, bytes.count)
  }

  public func finish() -> [UInt8] {
    var copy = context
    return Array(unsafeUninitializedCapacity: 32) { buffer, count in
      SHA256_Final(buffer.baseAddress, &copy)
      count = 32
    }
  }
}
