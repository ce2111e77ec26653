public import Protobuf

/// Merkle trees in the shape of RFC 6962 with SHA-256. Rule: engine sheet A4.
public enum Merkle {
  static let emptyRoot = sha256([])
  static func leaf(_ item: [UInt8]) -> [UInt8] { sha256([0] + item) }
  static func inner(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] { sha256([1] + left + right) }

  /// The largest power of two strictly below `count` (> 1).
  static func split(_ count: Int) -> Int { 1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount) }

  /// The root over items; of none, the hash of nothing.
  public static func root(of items: [[UInt8]]) -> [UInt8] { root(items[...]) }

  private static func root(_ items: ArraySlice<[UInt8]>) -> [UInt8] {
    guard let first = items.first else { return emptyRoot }
    if items.count == 1 { return leaf(first) }
    let middle = items.startIndex + split(items.count)
    return inner(root(items[..<middle]), root(items[middle...]))
  }

  /// The root, and for every item the proof that it is under it.
  public static func proofs(of items: [[UInt8]]) -> (root: [UInt8], proofs: [MerkleProof]) {
    var proofs = items.indices.map { MerkleProof(total: Int64(items.count), index: Int64($0), leafHash: leaf(items[$0]), aunts: []) }
    let root = prove(&proofs, 0..<items.count)
    return (root, proofs)
  }

  private static func prove(_ proofs: inout [MerkleProof], _ range: Range<Int>) -> [UInt8] {
    if range.isEmpty { return emptyRoot }
    if range.count == 1 { return proofs[range.lowerBound].leafHash }
    let middle = range.lowerBound + split(range.count)
    let left = prove(&proofs, range.lowerBound..<middle)
    let right = prove(&proofs, middle..<range.upperBound)
    for index in range.lowerBound..<middle { proofs[index].aunts.append(right) }
    for index in middle..<range.upperBound { proofs[index].aunts.append(left) }
    return inner(left, right)
  }
}

/// The proof that an item is under a Merkle root. Aunts are ordered from the leaf upwards.
public struct MerkleProof: ProtobufMessage, Hashable {
  public var total: Int64 = 0
  public var index: Int64 = 0
  public var leafHash: [UInt8] = []
  public var aunts: [[UInt8]] = []

  public init() {}
  public init(total: Int64, index: Int64, leafHash: [UInt8], aunts: [[UInt8]]) {
    (self.total, self.index, self.leafHash, self.aunts) = (total, index, leafHash, aunts)
  }

  public static let fields: [ProtobufField<Self>] = [
    .init(1, "total", \.total), .init(2, "index", \.index), .init(3, "leaf_hash", \.leafHash), .init(4, "aunts", \.aunts),
  ]

  /// Checks shape only: no negative numbers, hashes of 32 bytes, at most 100 aunts.
  public func validateBasic() throws(ValidationError) {
    guard total >= 0 else { throw ValidationError("Merkle proof: negative total \(total)") }
    guard index >= 0 else { throw ValidationError("Merkle proof: negative index \(index)") }
    guard leafHash.count == 32 else { throw ValidationError("Merkle proof: leaf hash of \(leafHash.count) bytes") }
    guard aunts.count <= 100 else { throw ValidationError("Merkle proof: \(aunts.count) aunts, at most 100 allowed") }
    guard aunts.allSatisfy({ $0.count == 32 }) else { throw ValidationError("Merkle proof: an aunt is not 32 bytes") }
  }

  /// The root that leaf hash and aunts lead to; nil when their number does not fit the place.
  func computedRoot() -> [UInt8]? { Self.root(index, total, leafHash, aunts[...]) }

  private static func root(_ index: Int64, _ total: Int64, _ leaf: [UInt8], _ aunts: ArraySlice<[UInt8]>) -> [UInt8]? {
    guard index >= 0, total > 0, index < total else { return nil }
    if total == 1 { return aunts.isEmpty ? leaf : nil }
    guard let last = aunts.last else { return nil }  // so the depth is bounded by the number of aunts
    let left = Int64(1) << Int64(63 - (total - 1).leadingZeroBitCount)
    if index < left { return root(index, left, leaf, aunts.dropLast()).map { Merkle.inner($0, last) } }
    return root(index - left, total - left, leaf, aunts.dropLast()).map { Merkle.inner(last, $0) }
  }

  /// Checks that `item` is under `root` at this place.
  public func verify(root: [UInt8], item: [UInt8]) throws(ValidationError) {
    guard total >= 0, index >= 0 else { throw ValidationError("Merkle proof: negative total or index") }
    guard Merkle.leaf(item) == leafHash else { throw ValidationError("Merkle proof: leaf hash does not match the item") }
    guard computedRoot() == root else { throw ValidationError("Merkle proof: root does not match") }
  }
}

/// A transaction with the proof that it is in a block.
public struct TransactionProof: ProtobufMessage, Hashable {
  public var rootHash: [UInt8] = []
  public var transaction: [UInt8] = []
  public var proof: MerkleProof?
  public init() {}
  public init(rootHash: [UInt8], transaction: [UInt8], proof: MerkleProof) {
    (self.rootHash, self.transaction, self.proof) = (rootHash, transaction, proof)
  }
  public static let fields: [ProtobufField<Self>] = [
    .init(1, "root_hash", \.rootHash), .init(2, "data", \.transaction), .init(3, "proof", \.proof),
  ]

  /// Proofs for all transactions of a block.
  public static func all(of transactions: [[UInt8]]) -> [TransactionProof] {
    let (root, proofs) = Merkle.proofs(of: transactions.map(transactionKey))
    return zip(transactions, proofs).map { TransactionProof(rootHash: root, transaction: $0, proof: $1) }
  }
}
