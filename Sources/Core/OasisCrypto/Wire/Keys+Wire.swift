internal import Bytes
public import JSONText
public import Wire

extension PublicKey: WireBytes {}
extension Signature: WireBytes {}
extension VRFProof: WireBytes {}

/// Hex in JSON; base64 is read as well.
extension Hash: WireBytes {
  public var wireText: String { hex }

  public init(wireText: String) throws(JSONError) {
    guard let value = Hash(hex: wireText) ?? Hash(base64: wireText) else { throw JSONError("hash: malformed hash") }
    self = value
  }
}

extension KeyedSignature: WireMap {
  public static let fields: [Field<Self>] = [.init("public_key", \.publicKey), .init("signature", \.signature)]
}

/// A VRF proof together with the key that is said to have made it: `{public_key, proof}`. (Sheet 01 §3.5.)
public struct KeyedVRFProof: WireMap, Hashable {
  public var publicKey = PublicKey()
  public var proof = VRFProof()

  public init() {}

  public static let fields: [Field<Self>] = [.init("public_key", \.publicKey), .init("proof", \.proof)]
}

extension Hash {
  /// Hash of a value's canonical CBOR.
  public static func of(_ value: some WireValue) -> Hash { digest(value.cbor()) }
}
