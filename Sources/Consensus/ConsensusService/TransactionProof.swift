internal import CometBFT
public import OasisTypes
public import Wire

extension Consensus {
  /// Proof that a block holds a transaction: the RFC 6962 tree over the hashes of its transactions. Rule: sheet 03 §18.
  public struct TransactionProof: WireMap, Hashable, Sendable {
    public var total: Int64 = 0
    public var index: Int64 = 0
    public var leafHash: [UInt8] = []
    public var aunts: [[UInt8]] = []
    public init() {}
    public static let fields: [Field<Self>] = [
      .init("total", \.total), .init("index", \.index), .init("leaf_hash", \.leafHash), .init("aunts", \.aunts, .omitEmpty),
    ]

    /// The proofs of all transactions of a block, in order.
    public static func all(of transactions: [[UInt8]]) -> [TransactionProof] {
      CometBFT.TransactionProof.all(of: transactions).map { proof in
        var wire = TransactionProof()
        guard let proof = proof.proof else { return wire }
        (wire.total, wire.index, wire.leafHash, wire.aunts) = (proof.total, proof.index, proof.leafHash, proof.aunts)
        return wire
      }
    }
  }
}
