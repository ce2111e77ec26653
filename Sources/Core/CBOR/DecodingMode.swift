/// How lenient a decoder is (sheet 01 §1.4; ``guest`` is the Rust side's codec, sheet 11 A.1).
public struct DecodingMode: Equatable, Sendable {
  /// Whether a map key that names no field of a struct is an error.
  public var refusesUnknownFields: Bool
  public var allowsDuplicateKeys: Bool
  public var allowsIndefiniteLength: Bool
  public var allowsTags: Bool
  public var maximumElements: Int
  public var maximumDepth: Int
  /// Canonical form, exact keys, no trailing bytes: the rules of the Rust codec.
  public var isStrict: Bool

  /// Consensus transactions, state values, signed blobs, gossip, request bodies, checkpoints.
  public static let untrusted = DecodingMode(
    refusesUnknownFields: true, allowsDuplicateKeys: false, allowsIndefiniteLength: false, allowsTags: false,
    maximumElements: 10_000_000, maximumDepth: 32, isStrict: false)
  /// gRPC bodies; length-prefixed messages of runtimes and of P2P calls.
  public static let rpc = DecodingMode(
    refusesUnknownFields: false, allowsDuplicateKeys: false, allowsIndefiniteLength: false, allowsTags: false,
    maximumElements: 10_000_000, maximumDepth: 32, isStrict: false)
  /// Local databases only.
  public static let trusted = DecodingMode(
    refusesUnknownFields: false, allowsDuplicateKeys: true, allowsIndefiniteLength: true, allowsTags: true,
    maximumElements: 2_147_483_647, maximumDepth: 32, isStrict: false)
  /// Looking at one field of an item whose type is not known yet (the version of §1.6).
  public static let probe = rpc
  /// What a runtime receives, by the rules of the Rust codec.
  public static let guest = DecodingMode(
    refusesUnknownFields: true, allowsDuplicateKeys: false, allowsIndefiniteLength: false, allowsTags: true,
    maximumElements: 10_000_000, maximumDepth: 64, isStrict: true)
}
