public import Bytes
internal import COpenSSL
internal import OasisCrypto

/// Why an enclave signature was refused.
public struct SigstructError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The reason.
  public let reason: String

  /// A refusal.
  public init(_ reason: String) { self.reason = reason }

  /// The text as the reference prints it.
  public var description: String { "sgx/sigstruct: \(reason)" }
}

/// The signature structure of an SGX enclave, verified (07 A.6, Intel SDM 38.13).
public struct Sigstruct: Hashable, Sendable {
  /// Size in bytes.
  public static let size = 1808
  /// The signer that stands for "not signed" while debugging.
  public static let dummySigner =
    FixedBytes<32>([UInt8](hex: "9affcfae47b848ec2caf1c49b4b283531e1cc425f93582b36806e52a43d78d1a") ?? []) ?? .init()

  /// Build date as yyyymmdd.
  public let buildDate: Date
  /// Extended features, and which of them count.
  public let miscSelect: UInt32, miscMask: UInt32
  /// Attribute flags and extended state of the enclave.
  public let attributeFlags: UInt64, attributeXFRM: UInt64
  /// Which attributes count.
  public let attributeFlagsMask: UInt64, attributeXFRMMask: UInt64
  /// The measurement of the enclave.
  public let enclaveHash: [UInt8]
  /// Product and security version.
  public let productID: UInt16, securityVersion: UInt16
  /// Hash of the signer's key.
  public let signer: FixedBytes<32>

  /// A calendar date.
  public struct Date: Hashable, Sendable {
    /// Year, month from 1, day from 1.
    public let year: Int, month: Int, day: Int
  }

  /// Verifies the structure and reads it.
  public init(verifying bytes: [UInt8]) throws(SigstructError) {
    guard bytes.count == Self.size else { throw SigstructError("buffer is not \(Self.size) bytes: \(bytes.count)") }
    try RSACheck.verify(bytes)
    guard let date = Self.date(bytes.integer(at: 20, bytes: 4)) else { throw SigstructError("malformed build date") }
    buildDate = date
    miscSelect = UInt32(bytes.integer(at: 900, bytes: 4))
    miscMask = UInt32(bytes.integer(at: 904, bytes: 4))
    attributeFlags = bytes.integer64(at: 928)
    attributeXFRM = bytes.integer64(at: 936)
    attributeFlagsMask = bytes.integer64(at: 944)
    attributeXFRMMask = bytes.integer64(at: 952)
    enclaveHash = Array(bytes[960..<992])
    productID = UInt16(bytes.integer(at: 1024, bytes: 2))
    securityVersion = UInt16(bytes.integer(at: 1026, bytes: 2))
    signer = FixedBytes(SHA256.digest(Array(bytes[128..<512]))) ?? .init()
  }

  /// Reads a date of binary coded digits.
  private static func date(_ value: Int) -> Date? {
    var digits: [Int] = []
    for shift in stride(from: 28, through: 0, by: -4) { digits.append(value >> shift & 15) }
    guard digits.allSatisfy({ $0 < 10 }) else { return nil }
    let number = digits.reduce(0) { $0 * 10 + $1 }
    let (year, month, day) = (number / 10000, number / 100 % 100, number % 100)
    guard (1...12).contains(month), day >= 1 else { return nil }
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return day <= days[month - 1] ? Date(year: year, month: month, day: day) : nil
  }
}

/// The arithmetic of the signature: RSA-3072 with exponent 3 and the two quotients that the processor needs.
private enum RSACheck {
  static func verify(_ bytes: [UInt8]) throws(SigstructError) {
    guard let context = BN_CTX_new() else { throw SigstructError("out of memory") }
    defer { BN_CTX_free(context) }
    BN_CTX_start(context)
    defer { BN_CTX_end(context) }
    func number() throws(SigstructError) -> OpaquePointer {
      guard let number = BN_CTX_get(context) else { throw SigstructError("out of memory") }
      return number
    }
    func read(_ range: Range<Int>) throws(SigstructError) -> OpaquePointer {
      let value = try number()
      guard BN_lebin2bn(Array(bytes[range]), Int32(range.count), value) != nil else { throw SigstructError("out of memory") }
      return value
    }
    let modulus = try read(128..<512)
    let bits = Int(BN_num_bits(modulus))
    guard bits == 3072 else { throw SigstructError("public key modulus is not 3072 bits: \(bits)") }
    let exponent = bytes.integer(at: 512, bytes: 4)
    guard exponent == 3 else { throw SigstructError("public key exponent is not 3: \(exponent)") }

    let signature = try read(516..<900)
    let (square, rest, quotient1, quotient2, message) = try (number(), number(), number(), number(), number())
    let invalid = SigstructError("invalid signature: crypto/rsa: verification error")
    guard BN_cmp(signature, modulus) < 0, BN_sqr(square, signature, context) == 1,
      BN_div(quotient1, rest, square, modulus, context) == 1, BN_mul(square, rest, signature, context) == 1,
      BN_div(quotient2, message, square, modulus, context) == 1
    else { throw invalid }
    var decrypted = [UInt8](repeating: 0, count: 384)
    guard BN_bn2binpad(message, &decrypted, 384) == 384, decrypted == encoded(bytes) else { throw invalid }
    // Q1 = S²/N and Q2 = (S³ - Q1·S·N)/N = (S² mod N)·S/N
    guard BN_cmp(quotient1, try read(1040..<1424)) == 0 else { throw SigstructError("invalid Q1") }
    guard BN_cmp(quotient2, try read(1424..<1808)) == 0 else { throw SigstructError("invalid Q2") }
  }

  /// What the signature must decrypt to: PKCS #1 v1.5 with SHA-256 over the signed parts.
  private static func encoded(_ bytes: [UInt8]) -> [UInt8] {
    let prefix: [UInt8] = [
      0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20,
    ]
    let digest = prefix + SHA256.digest(Array(bytes[0..<128] + bytes[900..<1028]))
    return [0, 1] + [UInt8](repeating: 0xff, count: 384 - 3 - digest.count) + [0] + digest
  }
}

extension [UInt8] {
  fileprivate func integer64(at offset: Int) -> UInt64 {
    UInt64(integer(at: offset, bytes: 4)) | UInt64(integer(at: offset + 4, bytes: 4)) << 32
  }
}
