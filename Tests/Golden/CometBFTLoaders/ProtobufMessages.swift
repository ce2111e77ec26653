internal import Bytes
internal import CometBFT
internal import GoldenSupport
internal import JSONText
internal import Protobuf

private typealias Decode = @Sendable ([UInt8]) throws -> (bytes: [UInt8], value: ProtobufValue)

private func decode<M: ProtobufMessage>(_ type: M.Type) -> Decode {
  { bytes in
    let message = try M(protobuf: bytes)
    return (message.protobuf(), message.protobufValue)
  }
}

private let types: [String: Decode] = [
  "abci.CommitInfo": decode(CommitInfo.self), "abci.Event": decode(Event.self), "abci.Misbehavior": decode(Misbehavior.self),
  "abci.ResponseBeginBlock": decode(BeginBlockResponse.self), "abci.ResponseCommit": decode(CommitResponse.self),
  "abci.ResponseDeliverTx": decode(DeliverTransactionResponse.self), "abci.ResponseEndBlock": decode(EndBlockResponse.self),
  "abci.Snapshot": decode(Snapshot.self), "abci.ValidatorUpdate": decode(ValidatorUpdate.self),
  "blocksync.Message": decode(BlockSyncMessage.self), "consensus.Message": decode(ConsensusMessage.self),
  "consensus.TimedWALMessage": decode(TimedWALMessage.self), "consensus.WALMessage": decode(WALMessage.self),
  "crypto.Proof": decode(MerkleProof.self), "crypto.PublicKey": decode(ConsensusKey.self), "libs.bits.BitArray": decode(BitArray.self),
  "mempool.Message": decode(MempoolMessage.self), "p2p.AuthSigMessage": decode(AuthSignatureMessage.self),
  "p2p.DefaultNodeInfo": decode(NodeInfo.self), "p2p.Message": decode(PeerExchangeMessage.self),
  "p2p.NetAddress": decode(PeerAddressMessage.self), "p2p.Packet": decode(Packet.self),
  "state.ABCIResponses": decode(BlockResponses.self), "state.ABCIResponsesInfo": decode(StateStore.ResponsesInfo.self),
  "state.ConsensusParamsInfo": decode(StateStore.ParametersInfo.self), "state.State": decode(ChainStateMessage.self),
  "state.ValidatorsInfo": decode(StateStore.ValidatorsInfo.self), "statesync.Message": decode(StateSyncMessage.self),
  "store.BlockStoreState": decode(BlockStore.Range.self), "types.Block": decode(Block.self), "types.BlockID": decode(BlockID.self),
  "types.BlockMeta": decode(BlockMeta.self), "types.CanonicalBlockID": decode(CanonicalBlockID.self),
  "types.CanonicalPartSetHeader": decode(PartSetHeader.self), "types.CanonicalProposal": decode(CanonicalProposal.self),
  "types.CanonicalVote": decode(CanonicalVote.self), "types.Commit": decode(Commit.self), "types.CommitSig": decode(CommitSignature.self),
  "types.ConsensusParams": decode(ConsensusParameters.self), "types.Data": decode(BlockData.self),
  "types.DuplicateVoteEvidence": decode(DuplicateVoteEvidence.self), "types.Evidence": decode(Evidence.self),
  "types.EvidenceList": decode(EvidenceList.self), "types.HashedParams": decode(HashedParameters.self), "types.Header": decode(Header.self),
  "types.LightBlock": decode(LightBlock.self), "types.LightClientAttackEvidence": decode(LightClientAttackEvidence.self),
  "types.Part": decode(Part.self), "types.PartSetHeader": decode(PartSetHeader.self), "types.Proposal": decode(Proposal.self),
  "types.SignedHeader": decode(SignedHeader.self), "types.SimpleValidator": decode(SimpleValidator.self),
  "types.TxProof": decode(TransactionProof.self), "types.Validator": decode(Validator.self),
  "types.ValidatorSet": decode(ValidatorSetMessage.self), "types.Vote": decode(Vote.self),
  "version.Consensus": decode(ConsensusVersion.self),
]

/// `proto_encode.jsonl`, `proto_decode.jsonl`: every message, its content and its bytes.
struct ProtobufLoader: GoldenLoader {
  static let patterns = ["cometbft/proto_encode.jsonl", "cometbft/proto_decode.jsonl"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    for (_, line) in try file.lines() {
      let type = String(line.text("type").dropFirst("tendermint.".count))
      if line.text("name").hasPrefix("invalid utf-8") {
        report.skip("text that is not UTF-8 is repaired, not kept")
        continue
      }
      report.check("\(type): \(line.text("name"))") {
        guard let decode = types[type] else { throw GoldenError("unknown type") }
        let input = line.has("pb") || line["in"] == nil ? try line.bytes("pb") : try line.bytes("in")
        try expectVerdict(refused: line.has("error"), "decode") {
          let (bytes, value) = try decode(input)
          guard !line.has("error") else { return }
          try expectHex(bytes, line["out"] ?? line["pb"], "encoding")
          // A oneof of bytes that is set to none is written as if it were not set.
          if type == "crypto.PublicKey", line.text("name").hasSuffix("empty") { return }
          guard let recorded = line["value"], matches(value, recorded) else { throw GoldenError("other content: \(value)") }
        }
      }
    }
  }
}
