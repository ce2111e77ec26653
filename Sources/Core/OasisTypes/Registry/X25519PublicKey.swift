public import Bytes
public import Wire

/// An X25519 public key: 32 bytes, written as base64.
public struct X25519PublicKey: FixedByteWrapper, WireBytes {
  public var storage = FixedBytes<32>()
  public init() {}
}
