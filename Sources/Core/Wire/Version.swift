public import CBOR

/// The version of a descriptor before its type is known (sheet 01 §1.6): key `v`, everything else ignored.
public enum VersionProbe {
  private struct Head: WireMap {
    var v: UInt16?
    init() {}
    static let fields: [Field<Head>] = [.init("v", \.v)]
  }

  /// The version in `item`; a missing one or 65535 is refused.
  public static func version(of item: [UInt8]) throws(CBORError) -> UInt16 {
    let head = try Head.decode(cbor: item, mode: .probe)
    guard let version = head.v, version != .max else { throw CBORError(.badVersion) }
    return version
  }
}
