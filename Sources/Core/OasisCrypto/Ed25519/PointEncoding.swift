/// 32 bytes that stand for a point of edwards25519, read as leniently as signatures are (sheet 01 §3.2).
public struct PointEncoding: Hashable, Sendable {
  /// The one encoding that a writer produces.
  public let canonical: [UInt8]
  /// Whether eight times the point is the identity: no signature with such a key or commitment is accepted.
  public let isSmallOrder: Bool

  /// Nil unless there are 32 bytes and some point has that y.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count == 32, let point = bytes.withUnsafeBytes({ EdwardsPoint(encoding: $0) }) else { return nil }
    (canonical, isSmallOrder) = (point.encoding, point.isSmallOrder)
  }
}
