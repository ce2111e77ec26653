package import Protobuf

private func wrapped(_ value: [UInt8]) -> [UInt8] {
  guard !value.isEmpty else { return [] }
  var writer = ProtobufWriter()
  writer.tag(1, .bytes)
  value.write(to: &writer)
  return writer.bytes
}

private func wrapped(_ value: Int64) -> [UInt8] {
  guard value != 0 else { return [] }
  var writer = ProtobufWriter()
  writer.tag(1, .varint)
  value.write(to: &writer)
  return writer.bytes
}

extension Header {
  /// The block's hash: Merkle root of the header's fields. Empty as long as the validators hash is. Rule: engine sheet A4.
  public func hash() -> [UInt8] {
    guard !validatorsHash.isEmpty else { return [] }
    return Merkle.root(of: [
      version.protobuf(), wrapped([UInt8](chainID.utf8)), wrapped(height), time.protobuf(), lastBlockID.protobuf(),
      wrapped(lastCommitHash), wrapped(dataHash), wrapped(validatorsHash), wrapped(nextValidatorsHash), wrapped(consensusHash),
      wrapped(appHash), wrapped(lastResultsHash), wrapped(evidenceHash), wrapped(proposerAddress),
    ])
  }
}

extension Commit {
  /// Merkle root of the signatures; height, round and block ID are not covered.
  public func hash() -> [UInt8] { Merkle.root(of: signatures.map { $0.protobuf() }) }
}

extension BlockData {
  /// Merkle root of the transactions' keys.
  public func hash() -> [UInt8] { Merkle.root(of: transactions.map(transactionKey)) }
}

extension EvidenceList {
  /// Merkle root of the evidence without its oneof wrapper.
  public func hash() -> [UInt8] { Merkle.root(of: evidence.map { $0.innerBytes() }) }
}

extension Evidence {
  func innerBytes() -> [UInt8] {
    switch kind {
    case .duplicateVote(let evidence): evidence.protobuf()
    case .lightClientAttack(let evidence): evidence.protobuf()
    case nil: []
    }
  }

  /// The hash by which pools and stores know the evidence.
  public func hash() -> [UInt8] {
    switch kind {
    case .lightClientAttack(let evidence):
      // The reference loses the header hash's last byte; the height is a zig-zag varint.
      let header = evidence.conflictingBlock?.signedHeader?.header?.hash() ?? []
      var bytes = Array((header + [UInt8](repeating: 0, count: 32)).prefix(31)) + [0]
      bytes += zigZag(evidence.commonHeight)
      return sha256(bytes)
    case .duplicateVote, nil: return sha256(innerBytes())
    }
  }
}

/// A signed number as Go's `binary.PutVarint` writes it.
func zigZag(_ value: Int64) -> [UInt8] {
  var writer = ProtobufWriter()
  writer.varint(UInt64(bitPattern: value << 1) ^ UInt64(bitPattern: value >> 63))
  return writer.bytes
}

extension ConsensusParameters {
  /// The consensus hash of headers; covers the block limits only.
  public func hash() -> [UInt8] {
    var hashed = HashedParameters()
    (hashed.maxBytes, hashed.maxGas) = (block?.maxBytes ?? 0, block?.maxGas ?? 0)
    return sha256(hashed.protobuf())
  }
}

/// What the consensus hash covers.
package struct HashedParameters: ProtobufMessage {
  package var maxBytes: Int64 = 0
  package var maxGas: Int64 = 0
  package init() {}
  package static let fields: [ProtobufField<Self>] = [.init(1, "block_max_bytes", \.maxBytes), .init(2, "block_max_gas", \.maxGas)]
}

extension BlockResponses {
  /// The results hash in the next block's header.
  public func resultsHash() -> [UInt8] { Merkle.root(of: deliverTransactions.map { $0.deterministic.protobuf() }) }
}
