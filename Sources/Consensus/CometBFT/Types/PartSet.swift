public import Protobuf

/// One piece of an encoded block, with the proof of its place.
public struct Part: ProtobufMessage, Hashable {
  /// Bytes in every part but the last.
  public static let size = 65_536

  public var index: UInt32 = 0
  public var bytes: [UInt8] = []
  public var proof = MerkleProof()
  public init() {}
  public init(index: UInt32, bytes: [UInt8], proof: MerkleProof) { (self.index, self.bytes, self.proof) = (index, bytes, proof) }
  public static let fields: [ProtobufField<Self>] = [.init(1, "index", \.index), .init(2, "bytes", \.bytes), .init(3, "proof", \.proof)]

  /// Checks size, index and shape of the proof.
  public func validateBasic() throws(ValidationError) {
    guard bytes.count <= Part.size else { throw ValidationError("part: \(bytes.count) bytes, at most \(Part.size) allowed") }
    guard Int64(index) >= proof.total - 1 || bytes.count == Part.size else {
      throw ValidationError("part: \(bytes.count) bytes, but only the last one may be short")
    }
    guard Int64(index) == proof.index else { throw ValidationError("part: index \(index), its proof says \(proof.index)") }
    try proof.validateBasic()
  }
}

/// An encoded block in parts, whole or still arriving.
public struct PartSet: Sendable, Hashable {
  public let header: PartSetHeader
  public private(set) var parts: [Part?]
  public private(set) var bits: BitArray
  public private(set) var count = 0
  /// Bytes of the parts that are there.
  public private(set) var byteSize = 0

  /// Cuts bytes into parts.
  public init(cutting bytes: [UInt8], partSize: Int = Part.size) {
    let pieces = stride(from: 0, to: bytes.count, by: partSize).map { Array(bytes[$0..<min($0 + partSize, bytes.count)]) }
    let (root, proofs) = Merkle.proofs(of: pieces)
    header = PartSetHeader(total: UInt32(pieces.count), hash: root)
    parts = pieces.indices.map { Part(index: UInt32($0), bytes: pieces[$0], proof: proofs[$0]) }
    bits = BitArray(count: pieces.count)
    for index in pieces.indices { bits[index] = true }
    (count, byteSize) = (pieces.count, bytes.count)
  }

  /// A set without its parts. One of more parts than a block can have gets room for those only, and is never complete.
  public init(header: PartSetHeader) {
    self.header = header
    let room = min(Int(header.total), Limits.maxParts)
    parts = Array(repeating: nil, count: room)
    bits = BitArray(count: room)
  }

  /// Whether all parts are there.
  public var isComplete: Bool { count == Int(header.total) }
  /// Whether it collects the parts of this header.
  public func hasHeader(_ other: PartSetHeader) -> Bool { header == other }

  /// Takes a part in. False when it is there already.
  public mutating func add(_ part: Part) throws(ValidationError) -> Bool {
    guard Int(part.index) < parts.count else { throw ValidationError("part: index \(part.index) of \(parts.count)") }
    if parts[Int(part.index)] != nil { return false }
    guard part.proof.total == Int64(header.total) else {
      throw ValidationError("part: proof is for \(part.proof.total) parts, the set has \(header.total)")
    }
    try part.proof.verify(root: header.hash, item: part.bytes)
    parts[Int(part.index)] = part
    bits[Int(part.index)] = true
    count += 1
    byteSize += part.bytes.count
    return true
  }

  /// The encoded block, once complete.
  public func assembled() -> [UInt8]? {
    guard isComplete else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(byteSize)
    for part in parts { bytes += part?.bytes ?? [] }
    return bytes
  }
}
