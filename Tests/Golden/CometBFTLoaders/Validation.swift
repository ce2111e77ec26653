internal import Bytes
internal import CometBFT
internal import GoldenSupport
internal import JSONText
internal import KeyValueStore
internal import OasisCrypto
internal import Protobuf

/// `validate_basic.jsonl`: stateless checks.
struct BasicValidationLoader: GoldenLoader {
  static let patterns = ["cometbft/validate_basic.jsonl"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    for (_, line) in try file.lines() {
      report.check("\(line.text("type")): \(line.text("name"))") {
        switch line.text("type") {
        case "canonical": try canonical(line)
        case "max_data_bytes": try maxData(line)
        default: try expectVerdict(refused: line.isRefused, "basic") { try check(line) }
        }
      }
    }
  }

  private static func check(_ line: JSONValue) throws {
    switch line.text("type") {
    case "block": try line.message("pb", as: Block.self).validateBasic()
    case "blocksync": try line.message("pb", as: BlockSyncMessage.self).validateBasic()
    case "commit": try line.message("pb", as: Commit.self).validateBasic()
    case "consensus_params": try line.message("pb", as: ConsensusParameters.self).validateBasic()
    case "evidence": try line.message("pb", as: Evidence.self).validateBasic()
    case "header": try line.message("pb", as: Header.self).validateBasic()
    case "validator_set": _ = try ValidatorSet(line.message("pb"))
    default: throw GoldenError("unknown type")
    }
  }

  private static func canonical(_ line: JSONValue) throws {
    let bytes = try line.bytes("pb")
    let block = try Block(protobuf: bytes)
    try expectHex(block.header.hash(), line["header_hash"], "header hash")
    try expectHex(PartSet(cutting: bytes).header.hash, line["part_set_hash_of_bytes"], "parts of the bytes")
    try expectHex(block.parts().header.hash, line["part_set_hash_reencoded"], "parts of the block")
  }

  private static func maxData(_ line: JSONValue) throws {
    let validators: Int = try line.number("validators")
    let maxBytes: Int64 = try line.number("max_bytes")
    let evidence: Int64 = try line.number("evidence_bytes")
    let room = maxDataBytes(maxBytes: maxBytes, evidenceBytes: evidence, validators: validators)
    if line.has("panic") {
      guard room == nil else { throw GoldenError("gives room") }
      return
    }
    try expectEqual(room, line.number("result", as: Int64.self), "room")
    try expectEqual(
      maxDataBytes(maxBytes: maxBytes, evidenceBytes: 0, validators: validators), line.number("no_evidence", as: Int64.self),
      "without evidence")
    try expectEqual(Limits.maxCommitBytes(validators: validators), line.number("max_commit_bytes"), "commit")
  }
}

/// `consensus_messages.jsonl`: messages of the consensus channels.
struct ConsensusMessagesLoader: GoldenLoader {
  static let patterns = ["cometbft/consensus_messages.jsonl"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    for (_, line) in try file.lines() {
      report.check(line.text("name")) {
        try expectVerdict(refused: line.isRefused, line.text("stage")) {
          let message = try ConsensusMessage(protobuf: line.bytes("pb"))
          try message.validateBasic()
          if case .newRoundStep(let step) = message.kind { try step.validate(initialHeight: 10) }
        }
      }
    }
  }
}

/// `sign_bytes.jsonl`: what is signed, and the signatures.
struct SignBytesLoader: GoldenLoader {
  static let patterns = ["cometbft/sign_bytes.jsonl"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    for (_, line) in try file.lines() {
      report.check("\(line.text("kind")): \(line.text("name"))") {
        let chainID = line.text("chain_id")
        switch line.text("kind") {
        case "vote": try signature(line, line.message("pb", as: Vote.self).signBytes(chainID: chainID))
        case "proposal": try signature(line, line.message("pb", as: Proposal.self).signBytes(chainID: chainID))
        default:
          let commit: Commit = try line.message("pb")
          for (index, recorded) in line.list("sign_bytes").enumerated() {
            try expectHex(commit.voteSignBytes(at: index, chainID: chainID), recorded, "signature \(index)")
          }
        }
      }
    }
  }

  private static func signature(_ line: JSONValue, _ signBytes: [UInt8]) throws {
    try expectHex(signBytes, line["sign_bytes"], "sign bytes")
    let signer = ContextSigner(MemorySigner(seed: try line.bytes("seed")), context: context)
    try expectHex(signer.publicKey, line["public_key"], "key")
    try expectHex(validatorAddress(ofKey: signer.publicKey), line["address"], "address")
    try expectHex(signer.sign(signBytes), line["signature"], "signature")
    let item = SignedItem(publicKey: signer.publicKey, message: signBytes, signature: try line.bytes("signature"))
    try expectEqual(scheme.verify(item), line.flag("verifies"), "verifies")
  }
}

/// `block_validate.jsonl`: blocks against the state before them.
struct BlockValidationLoader: GoldenLoader {
  static let patterns = ["cometbft/block_validate.jsonl"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    let lines = try file.lines().map(\.value)
    // Headers and validators of the heights that evidence is from, as in the blocks that are accepted.
    let known = try lines.filter { !$0.isRefused }.flatMap { try $0.message("block_pb", as: Block.self).evidence.evidence }
    for line in lines {
      report.check(line.text("name")) {
        let state = try ChainState(encoded: line.bytes("state_pb"))
        let chain = try MemoryChain(state, saving: false)
        for evidence in known { try insert(evidence, into: chain, state) }
        try expectVerdict(refused: line.isRefused, "validate") {
          let block: Block = try line.message("block_pb")
          try state.validate(block, scheme: scheme)
          try chain.pool.check(block.evidence.evidence)
        }
      }
    }
  }

  private static func insert(_ evidence: Evidence, into chain: MemoryChain, _ state: ChainState) throws {
    var meta = BlockMeta()
    meta.header.time = evidence.time
    var validators = StateStore.ValidatorsInfo()
    (validators.validators, validators.lastHeightChanged) = (state.lastValidators.message(), evidence.height)
    try chain.blockData.put(Array("H:\(evidence.height)".utf8), meta.protobuf())
    try chain.stateData.put(Array("validatorsKey:\(evidence.height)".utf8), validators.protobuf())
  }
}

/// `timeouts.jsonl`: timeouts by round.
struct TimeoutsLoader: GoldenLoader {
  static let patterns = ["cometbft/timeouts.jsonl"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    for (_, line) in try file.lines() {
      report.check(line.text("name")) {
        var timeouts = ConsensusTimeouts()
        timeouts.commit = Nanoseconds(try line.number("timeout_commit_ns"))
        timeouts.emptyBlocksInterval = Nanoseconds(try line.number("create_empty_blocks_interval_ns"))
        for recorded in line.list("rounds") {
          let round: Int32 = try recorded.number("round")
          try expectEqual(timeouts.propose(round: round).rawValue, recorded.number("propose_ns"), "propose")
          try expectEqual(timeouts.prevote(round: round).rawValue, recorded.number("prevote_ns"), "prevote")
          try expectEqual(timeouts.precommit(round: round).rawValue, recorded.number("precommit_ns"), "precommit")
        }
        let zero = Timestamp(seconds: 1_700_000_000, nanoseconds: 5)
        try expectEqual(zero.adding(timeouts.commit), line.time("commit_from_zero"), "commit")
        try expectEqual(timeouts.emptyBlocksInterval.rawValue > 0, line.flag("wait_for_txs"), "waits")
      }
    }
  }
}
