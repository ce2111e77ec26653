public import Bytes
public import CBOR
public import JSONText
public import OasisCrypto
public import Wire

/// A runtime's identifier: 8 bytes of flags and 24 bytes of name. (Sheet 01 §8.2.)
public struct Namespace: FixedByteWrapper, WireBytes {
  public var storage = FixedBytes<32>()

  /// All zeros.
  public init() {}

  /// Exactly 32 bytes without reserved flags, else nil.
  public init?(_ bytes: some Collection<UInt8>) {
    guard let storage = FixedBytes<32>(bytes) else { return nil }
    self.storage = storage
    guard hasKnownFlags else { return nil }
  }

  /// A namespace from a name of 24 bytes and flags; nil for other lengths and reserved flags.
  public init?(name: [UInt8], flags: Flags) { self.init(flags.rawValue.bigEndianBytes + name) }

  /// The test namespace of a seed.
  public init?(testSeed seed: [UInt8], flags: Flags = []) {
    self.init(name: Hash.digest(seed).truncated(to: 24), flags: flags.union(.test))
  }

  /// The meaning of the first eight bytes.
  public struct Flags: OptionSet, Sendable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Never used in production.
    public static let test = Flags(rawValue: 1 << 63)
    /// A key manager.
    public static let keyManager = Flags(rawValue: 1 << 62)
  }

  /// The first eight bytes.
  public var flags: Flags { Flags(rawValue: bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }) }
  /// Whether it names something for tests only.
  public var isTest: Bool { flags.contains(.test) }
  /// Whether it names a key manager.
  public var isKeyManager: Bool { flags.contains(.keyManager) }

  private var hasKnownFlags: Bool { flags.isSubset(of: [.test, .keyManager]) }

  /// SHA-512/256 of the bytes: what names the runtime in state keys.
  public var hash: Hash { withUnsafeBytes { Hash.digest($0) } }

  public init(from reader: inout CBORReader) throws(CBORError) {
    // Only byte strings are checked: the reference's decoder fills the value directly from a list of integers. The Rust codec checks nothing.
    let isChecked = reader.kind == .byteString && !reader.mode.isStrict
    let offset = reader.offset
    self = try reader.readFixed(Namespace.self)
    if isChecked && !hasKnownFlags {
      throw CBORError(.typeMismatch(expected: "namespace", found: "reserved flags"), offset: offset)
    }
  }

  /// Hex.
  public var wireText: String { hex }

  /// Hex, or else base64.
  public init(wireText: String) throws(JSONError) {
    guard let value = Namespace(hex: wireText) ?? Namespace(base64: wireText) else {
      throw JSONError("malformed namespace: \(wireText)")
    }
    self = value
  }

  public static func random(using random: inout WireRandom) -> Namespace {
    Namespace(name: random.bytes(24), flags: Flags(rawValue: random.next() & 3 << 62)) ?? Namespace()
  }
}
