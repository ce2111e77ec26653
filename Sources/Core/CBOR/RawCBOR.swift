/// One encoded item, kept and written verbatim (sheet 01 §1.1): a transaction's body, a message's result.
///
/// No bytes at all stand for an absent item and are written as null.
public struct RawCBOR: Hashable, Sendable {
  public var bytes: [UInt8]

  public init() { bytes = [] }
  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The item null.
  public static let null = RawCBOR([0xf6])
}
