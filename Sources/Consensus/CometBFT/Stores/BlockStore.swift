public import KeyValueStore
package import Protobuf

/// Blocks, their parts and commits, by height. Rule: engine sheet A21.
///
/// Reads may happen from any thread; writes come from one.
public struct BlockStore: Sendable {
  private let store: PrefixedStore

  package struct Range: ProtobufMessage {
    package var base: Int64 = 0
    package var height: Int64 = 0
    package init() {}
    package static let fields: [ProtobufField<Self>] = [.init(1, "base", \.base), .init(2, "height", \.height)]
  }

  /// - Parameter prefix: put in front of every key.
  public init(_ store: any KeyValueStore, prefix: [UInt8] = []) { self.store = PrefixedStore(store: store, prefix: prefix) }

  private func load<M: ProtobufMessage>(_ key: String, as type: M.Type) throws(StorageError) -> M? {
    guard let bytes = try storing({ () throws(StoreError) in try store.get(store.key(key)) }), !bytes.isEmpty else { return nil }
    do { return try M(protobuf: bytes) } catch { throw .corrupt("\(key): \(error)") }
  }

  private func range() throws(StorageError) -> Range { try load("blockStore", as: Range.self) ?? Range() }

  /// Height of the newest block; 0 without one.
  public func height() throws(StorageError) -> Int64 { try range().height }
  /// Height of the oldest block; 0 without one.
  public func base() throws(StorageError) -> Int64 { try range().base }

  /// Header and size of a block; nil where there is none.
  public func meta(at height: Int64) throws(StorageError) -> BlockMeta? { try load("H:\(height)", as: BlockMeta.self) }
  /// A part of a block; nil where there is none.
  public func part(_ index: Int, at height: Int64) throws(StorageError) -> Part? { try load("P:\(height):\(index)", as: Part.self) }
  /// The commit of a height as the next block carries it; absent for the newest block.
  public func commit(at height: Int64) throws(StorageError) -> Commit? { try load("C:\(height)", as: Commit.self) }
  /// The commit of a height as this node saw it.
  public func seenCommit(at height: Int64) throws(StorageError) -> Commit? { try load("SC:\(height)", as: Commit.self) }

  /// The height of the block with a header hash.
  public func height(ofBlock hash: [UInt8]) throws(StorageError) -> Int64? {
    let key = "BH:" + lowerHex(hash)
    guard let bytes = try storing({ () throws(StoreError) in try store.get(store.key(key)) }) else { return nil }
    guard let height = Int64(String(decoding: bytes, as: UTF8.self)) else { throw .corrupt(key) }
    return height
  }

  /// A whole block; nil where a part of it is missing.
  public func block(at height: Int64) throws(StorageError) -> Block? {
    guard let meta = try meta(at: height) else { return nil }
    var bytes: [UInt8] = []
    for index in 0..<Int(meta.blockID.partSetHeader.total) {
      guard let part = try part(index, at: height) else { return nil }  // being pruned
      bytes += part.bytes
    }
    do { return try Block(protobuf: bytes) } catch { throw .corrupt("block \(height): \(error)") }
  }

  /// Stores a block with its parts and the commit that was seen for it. Heights follow each other, but for the first.
  public func save(_ block: Block, parts: PartSet, seenCommit: Commit) throws(StorageError) {
    let height = block.header.height
    var range = try range()
    guard range.height == 0 || height == range.height + 1 else {
      throw .refused("block store: block \(height) after \(range.height)")
    }
    guard parts.isComplete else { throw .refused("block store: block \(height) is not complete") }
    var batch = WriteBatch()
    for part in parts.parts { if let part { batch.put(store.key("P:\(height):\(part.index)"), part.protobuf()) } }
    let hash = block.header.hash()
    let meta = BlockMeta(
      blockID: BlockID(hash: hash, partSetHeader: parts.header), blockSize: Int64(parts.byteSize), header: block.header,
      transactionCount: Int64(block.data.transactions.count))
    batch.put(store.key("H:\(height)"), meta.protobuf())
    batch.put(store.key("BH:" + lowerHex(hash)), Array("\(height)".utf8))
    batch.put(store.key("C:\(height - 1)"), (block.lastCommit ?? Commit()).protobuf())
    batch.put(store.key("SC:\(height)"), seenCommit.protobuf())
    if range.base == 0 { range.base = height }
    range.height = height
    batch.put(store.key("blockStore"), range.protobuf())
    try storing { () throws(StoreError) in try store.store.write(batch, sync: true) }
  }

  /// Deletes all blocks below `height`. Returns how many.
  public func prune(below height: Int64) throws(StorageError) -> Int64 {
    var range = try range()
    guard height > 0, height <= range.height else { throw .refused("block store: cannot prune to \(height), newest is \(range.height)") }
    guard height >= range.base else { throw .refused("block store: cannot prune to \(height), oldest is \(range.base)") }
    var pruned: Int64 = 0
    var batch = WriteBatch()
    for old in range.base..<height {
      guard let meta = try meta(at: old) else { continue }
      batch.delete(store.key("H:\(old)"))
      batch.delete(store.key("BH:" + lowerHex(meta.blockID.hash)))
      batch.delete(store.key("C:\(old)"))
      batch.delete(store.key("SC:\(old)"))
      for index in 0..<Int(meta.blockID.partSetHeader.total) { batch.delete(store.key("P:\(old):\(index)")) }
      pruned += 1
    }
    range.base = height
    batch.put(store.key("blockStore"), range.protobuf())
    try storing { () throws(StoreError) in try store.store.write(batch, sync: true) }
    return pruned
  }
}

/// Lower-case hexadecimal digits.
func lowerHex(_ bytes: [UInt8]) -> String {
  let digits = Array("0123456789abcdef".utf8)
  return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}
