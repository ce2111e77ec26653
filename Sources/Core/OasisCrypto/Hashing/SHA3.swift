/// SHA3-256 (FIPS 202): the beacon's hash.
public struct SHA3_256: HashFunction {
  public static var blockByteCount: Int { 136 }
  public static var digestByteCount: Int { 32 }

  private var sponge = KeccakSponge(rate: 136)

  public init() {}

  public mutating func update(_ bytes: UnsafeRawBufferPointer) { sponge.absorb(bytes) }

  public func finish() -> [UInt8] { sponge.squeeze(32, domain: 0x06) }
}
