import CometBFT
import EngineTestSupport
import Foundation
import FuzzSupport
import Protobuf
import Testing

/// A message type's decoder.
private func form<M: ProtobufMessage>(_ type: M.Type, _ check: @escaping (M) throws -> Void = { _ in }) -> FuzzForm {
  FuzzForm("\(type)") { bytes, _ in
    let message = try M(protobuf: bytes)
    let again = message.protobuf()
    guard let second = try? M(protobuf: again), second.protobuf() == again else { fatalError("\(type): does not read what it wrote") }
    try check(message)
  }
}

@Suite("Messages of the engine: any input") struct MessageFuzzTests {
  @Test func isReadOrRefused() async {
    await #expect(processExitsWith: .success) {
      do {
        let forms: [FuzzForm] = [
          form(Block.self) { try $0.validateBasic() }, form(Header.self) { try $0.validateBasic() },
          form(Commit.self) { try $0.validateBasic() },
          form(BlockMeta.self), form(BlockID.self), form(Part.self) { try $0.validateBasic() }, form(PartSetHeader.self),
          form(Vote.self) { try $0.validateBasic() }, form(Proposal.self) { try $0.validateBasic() },
          form(Evidence.self) { try $0.validateBasic() },
          form(EvidenceList.self), form(LightBlock.self) { try $0.validateBasic(chainID: "solo") }, form(SignedHeader.self),
          form(ValidatorSetMessage.self) { _ = try ValidatorSet($0).hash() }, form(ConsensusParameters.self),
          form(ConsensusMessage.self) { try $0.validateBasic() }, form(BlockSyncMessage.self), form(MempoolMessage.self),
          form(StateSyncMessage.self), form(PeerExchangeMessage.self), form(NodeInfo.self), form(Packet.self),
          form(AuthSignatureMessage.self),
          form(TimedWALMessage.self), form(BlockResponses.self), form(ChainStateMessage.self), form(TransactionProof.self),
          form(StateStore.ValidatorsInfo.self), form(StateStore.ResponsesInfo.self), form(BlockStore.Range.self), form(CanonicalVote.self),
          form(CanonicalProposal.self), form(Timestamp.self), form(Nanoseconds.self),
          FuzzForm("ChainState") { bytes, _ in _ = try ChainState(encoded: bytes) },
        ]
        let network = try SimulatedNetwork(seed: 3, powers: [10, 10, 10, 10])
        try network.run(until: 3)
        let node = network.nodes[0]
        var samples: [[UInt8]] = [node.shell.machine.state.encoded(), node.shell.machine.roundStepMessage.protobuf()]
        for height in Int64(1)...3 {
          guard let block = try node.blocks.block(at: height), let meta = try node.blocks.meta(at: height),
            let commit = try node.blocks.seenCommit(at: height), let part = try node.blocks.part(0, at: height)
          else { fatalError("no block") }
          samples += [
            block.protobuf(), meta.protobuf(), commit.protobuf(), commit.vote(at: 0).protobuf(), block.header.protobuf(), part.protobuf(),
          ]
          samples.append(ConsensusMessage(.vote(VoteMessage(commit.vote(at: 0)))).protobuf())
          samples.append(ConsensusMessage(.blockPart(BlockPartMessage(height: height, round: 0, part: part))).protobuf())
          samples.append(
            LightBlock(
              signedHeader: SignedHeader(header: block.header, commit: commit),
              validatorSet: node.shell.machine.state.validators.message(withTotal: true)
            ).protobuf())
        }
        let tokens: [[UInt8]] = [
          [0x0a], [0x12], [0x1a], [0x22], [0x2a], [0x32], [0x3a], [0x08], [0x10], [0x18], [0x0a, 0x00],
          [0x12, 0xff, 0xff, 0xff, 0xff, 0x0f],
          [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], [0x0b], [0x0c], [0x11], [0x0a, 0x02, 0x0a, 0x00],
        ]
        fuzz("engine messages", corpus: samples, tokens: tokens, forms: forms)
      } catch { fatalError("\(error)") }
    }
  }

  @Test func logAndSigningState() async {
    await #expect(processExitsWith: .success) {
      do {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("fuzz-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var records: [UInt8] = []
        for height in Int64(0)...3 {
          records += try WALCoding.encode(
            TimedWALMessage(time: Timestamp(seconds: 5), message: WALMessage(.endHeight(EndHeightRecord(height: height)))))
          records += try WALCoding.encode(
            TimedWALMessage(
              time: Timestamp(seconds: 6), message: WALMessage(.roundState(.init(height: height, round: 0, step: "RoundStepPropose")))))
        }
        let path = folder + "/state.json"
        _ = try ValidatorKey(signer: DiskNetwork.signer, path: path)
        let state = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        let tokens: [[UInt8]] = [
          [0, 0, 0, 0], [0x7f, 0xff, 0xff, 0xff], [0, 0x10, 0, 0], Array("\"height\":".utf8), [UInt8](repeating: 0, count: 8),
        ]
        fuzz("log and signing state", corpus: [records, state], tokens: tokens) { bytes, number in
          let items = WALCoding.decode(bytes)
          let repaired = WALCoding.repaired(bytes)
          guard bytes.starts(with: repaired) else { fatalError("repaired is no beginning") }
          guard items.count <= bytes.count / 8 + 1 else { fatalError("more items than the bytes hold") }
          if number % 16 == 0 {
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            _ = try ValidatorKey(signer: DiskNetwork.signer, path: path)
          } else if number % 16 == 1 {
            try? FileManager.default.removeItem(atPath: folder + "/log")
            try FileManager.default.createDirectory(atPath: folder + "/log", withIntermediateDirectories: false)
            try Data(bytes).write(to: URL(fileURLWithPath: folder + "/log/wal"))
            let log = try FileLog(folder: folder + "/log", now: .zero)
            _ = try log.hasEnd(of: 2)
            if (try? log.records(after: 2)) == nil { try log.repair() }
            try log.writeSync(TimedWALMessage(time: .zero, message: WALMessage(.endHeight(EndHeightRecord(height: 9)))))
            guard try log.records(after: 9)?.isEmpty == true else { fatalError("a record after a repair is lost") }
          }
        }
      } catch { fatalError("\(error)") }
    }
  }
}
