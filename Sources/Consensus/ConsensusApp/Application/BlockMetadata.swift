internal import Bytes
internal import CBOR
internal import CometBFT
public import OasisCrypto
internal import OasisTypes
internal import Wire

/// The block metadata transaction: the proposer vouches for state and events (sheet 03 §8).
extension ConsensusApplication {
  /// The root of provable events: RFC 6962 over their CBOR.
  func eventsRoot(_ block: BlockContext) -> [UInt8] { MerkleTree.root(of: block.provableEvents) }

  /// Makes the metadata of the block that was just executed.
  func blockMetadata(signedBy signer: any Signer) throws -> [UInt8] {
    guard let block else { throw StateError("mux: metadata outside of a block") }
    let body = BlockMetadata(stateRoot: try state.root(version: chain.lastHeight + 1), eventsRoot: eventsRoot(block))
    let transaction = Transaction(nonce: 0, fee: nil, method: BlockMetadata.method, body: body.raw())
    let envelope = try SignedEnvelope(transaction, by: signer, context: .consensusTransaction.on(chain: chain.chainContext))
    let raw = envelope.cbor()
    guard raw.count <= BlockMetadata.maxSize else { throw AppError.uncoded("mux: block metadata of \(raw.count) bytes is too large") }
    return raw
  }

  /// Checks a delivered system transaction and keeps it for the end of the block.
  func takeSystemTransaction(_ context: Context, _ transaction: Transaction, _ signer: PublicKey) throws {
    guard context.mode == .deliverTransaction, let block = context.block else {
      throw AppError.uncoded("mux: system method \(transaction.method) is not allowed")
    }
    guard let proposal, !proposal.hash.isEmpty else { throw BlockRejected("mux: system transaction in a block being proposed") }
    guard transaction.nonce == 0, transaction.fee == nil else { throw BlockRejected("mux: system transaction with nonce or fee") }
    guard ValidatorAddress.of(signer) == block.proposerAddress else {
      throw BlockRejected("mux: system transaction is not signed by the block's proposer")
    }
    block.systemTransactions.append(SystemTransaction(method: transaction.method, body: transaction.body.bytes))
  }

  func checkSystemTransactions(_ block: BlockContext) throws {
    guard block.systemTransactions.count == 1 else {
      throw BlockRejected("mux: block has \(block.systemTransactions.count) metadata transactions, not 1")
    }
    let metadata: BlockMetadata
    do { metadata = try BlockMetadata.decode(cbor: block.systemTransactions[0].body) } catch {
      throw BlockRejected("mux: malformed block metadata: \(error)")
    }
    let announced = metadata.eventsRoot ?? []
    guard announced.count == 32 else { throw BlockRejected("mux: events root has \(announced.count) bytes") }
    let root = try state.root(version: chain.lastHeight + 1)
    guard metadata.stateRoot == root else {
      throw BlockRejected("mux: state root of the block is \(metadata.stateRoot.hex), execution gave \(root.hex)")
    }
    let events = eventsRoot(block)
    guard announced == events else {
      throw BlockRejected("mux: events root of the block is \(announced.hex), execution gave \(events.hex)")
    }
  }
}

/// Addresses of validators in CometBFT.
public enum ValidatorAddress {
  /// The first 20 bytes of SHA-256 of the consensus key.
  public static func of(_ key: PublicKey) -> [UInt8] { of(key.bytes) }

  /// The same of the bytes of a key.
  public static func of(_ key: [UInt8]) -> [UInt8] { [UInt8](SHA256.digest(key).prefix(20)) }
}

/// The RFC 6962 tree over SHA-256 that CometBFT uses.
enum MerkleTree {
  static func root(of leaves: [[UInt8]]) -> [UInt8] { root(leaves[...]) }

  private static func root(_ leaves: ArraySlice<[UInt8]>) -> [UInt8] {
    switch leaves.count {
    case 0: return SHA256.digest([])
    case 1: return SHA256.digest([0] + leaves[leaves.startIndex])
    default:
      var split = 1
      while split * 2 < leaves.count { split *= 2 }
      let middle = leaves.startIndex + split
      return SHA256.digest([1] + root(leaves[..<middle]) + root(leaves[middle...]))
    }
  }
}
