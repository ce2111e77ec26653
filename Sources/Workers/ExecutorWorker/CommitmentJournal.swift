internal import Bytes
internal import CBOR
internal import KeyValueStore
internal import OasisCrypto
internal import OasisTypes
internal import Wire

/// What this node has signed for the round in hand, on disk before anybody sees it.
///
/// Two different commitments, or proposals, of one node for one rank of a round are punished as equivocation (sheet 05 §C). A node that was
/// killed after signing would compute another batch when it starts again; with the journal it hands in the same commitment instead. The
/// reference has no such protection.
struct CommitmentJournal: Sendable {
  /// One signed commitment, with the proposal it belongs to where this node scheduled the batch.
  struct Entry: WireMap, Hashable, Sendable {
    var round: UInt64 = 0
    /// Hash of the block that the round follows.
    var previous = Hash()
    var rank: UInt64 = 0
    var commitment = RootHash.ExecutorCommitment()
    var proposal: RootHash.Proposal?
    static let fields: [Field<Self>] = [
      .init("round", \.round), .init("previous", \.previous), .init("rank", \.rank), .init("commitment", \.commitment),
      .init("proposal", \.proposal, .omitEmpty),
    ]
  }

  private let store: any KeyValueStore
  private let key: [UInt8]

  init(store: any KeyValueStore, runtimeID: Namespace) {
    self.store = store
    key = Array("worker/executor/commitments/".utf8) + runtimeID.bytes
  }

  /// What was signed for a round on top of a block.
  func entries(round: UInt64, previous: Hash) throws -> [Entry] {
    guard let bytes = try store.get(key) else { return [] }
    return try [Entry].decode(cbor: bytes, mode: .trusted).filter { $0.round == round && $0.previous == previous }
  }

  /// Notes a commitment, durably; what belongs to other rounds is dropped.
  func note(_ entry: Entry) throws {
    let entries = try entries(round: entry.round, previous: entry.previous).filter { $0.rank != entry.rank } + [entry]
    var batch = WriteBatch()
    batch.put(key, entries.cbor())
    try store.write(batch, sync: true)
  }
}
