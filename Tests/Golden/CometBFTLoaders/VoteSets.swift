internal import Bytes
internal import CometBFT
internal import GoldenSupport
internal import JSONText
internal import Protobuf

/// `vote_set.jsonl`: scripts of votes and peers' claims.
struct VoteSetLoader: GoldenLoader {
  static let patterns = ["cometbft/vote_set.jsonl"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    for (_, line) in try file.lines() {
      report.check(line.text("name")) {
        var set = VoteSet(
          chainID: line.text("chain_id"), height: try line.number("height"), round: try line.number("round"),
          type: SignedMessageType(rawValue: try line.number("type")), validators: try ValidatorSet(line.message("validators_pb")))
        for (number, step) in line.list("steps").enumerated() { try run(step, "step \(number) \(step.text("op"))", &set) }
        if line.has("commit_pb") {
          try expectHex(set.commit()?.protobuf() ?? [], line["commit_pb"], "commit")
        } else if line.has("commit_panic"), set.commit() != nil {
          throw GoldenError("makes a commit")
        }
      }
    }
  }

  private static func run(_ step: JSONValue, _ what: String, _ set: inout VoteSet) throws {
    var blockID = BlockID()
    if step.text("op") == "vote" {
      let vote: Vote = try step.message("pb")
      blockID = vote.blockID
      let (added, kind, conflict) = add(vote, to: &set)
      if !step.has("panic") {
        try expectEqual(added, step.flag("added"), "\(what): added")
        try expectEqual(kind, step.text("error_kind"), "\(what): error")
        if step.has("conflict_with_pb") { try expectHex(conflict?.protobuf() ?? [], step["conflict_with_pb"], "\(what): conflict") }
      }
      if step.has("main_vote_block_pb"), set.votes.indices.contains(Int(vote.validatorIndex)) {
        try expectHex(set.votes[Int(vote.validatorIndex)]?.blockID.protobuf() ?? [], step["main_vote_block_pb"], "\(what): main vote")
      }
    } else {
      let claim: BlockID = try step.message("block_id_pb")
      blockID = claim
      try expectVerdict(refused: step.has("error"), what) { try set.setPeerMajority(step.text("peer"), claim) }
    }
    try expectEqual(set.bits.text, step.text("bits"), "\(what): bits")
    try expectEqual(set.sum, step.number("sum"), "\(what): sum")
    try expectEqual(set.hasMajority, step.flag("has_maj23"), "\(what): majority")
    try expectEqual(set.isCommit, step.flag("is_commit"), "\(what): commit")
    try expectEqual(set.hasTwoThirdsAny, step.flag("any"), "\(what): any")
    try expectEqual(set.hasAll, step.flag("all"), "\(what): all")
    if step.has("maj23_pb") { try expectHex(set.majority?.protobuf() ?? [], step["maj23_pb"], "\(what): majority") }
    try expectEqual(set.bits(for: blockID)?.text, step["bits_for_this_block"]?.string, "\(what): bits of the block")
  }

  /// Adds a vote; the kinds of errors have the reference's names.
  private static func add(_ vote: Vote, to set: inout VoteSet) -> (added: Bool, kind: String, conflict: Vote?) {
    do { return (try set.add(vote, scheme: scheme), "", nil) } catch {
      switch error {
      case .invalidIndex: return (false, "invalid index", nil)
      case .invalidAddress: return (false, "invalid address", nil)
      case .unexpectedStep: return (false, "unexpected step", nil)
      case .nonDeterministicSignature: return (false, "non deterministic signature", nil)
      case .invalidSignature: return (false, "invalid signature", nil)
      case .conflicting(let first, _, let added): return (added, "conflicting votes", first)
      case .unwantedRound, .contradictingPeer: return (false, "other", nil)
      }
    }
  }
}

/// `height_vote_set.jsonl`: rounds that peers open.
struct HeightVoteSetLoader: GoldenLoader {
  static let patterns = ["cometbft/height_vote_set.jsonl"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    for (_, line) in try file.lines() {
      var votes = HeightVoteSet(chainID: line.text("chain_id"), height: 1, validators: try ValidatorSet(line.message("validators_pb")))
      for (number, step) in line.list("steps").enumerated() {
        report.check("step \(number): \(step.text("op")) \(step.text("note"))") { try run(step, &votes) }
      }
    }
  }

  private static func run(_ step: JSONValue, _ votes: inout HeightVoteSet) throws {
    switch step.text("op") {
    case "set_round":
      let round: Int32 = try step.number("round")
      if step.has("panic") { return }  // going back; ours stays where it is
      votes.setRound(round)
      try expectEqual(votes.round, round, "round")
    case "maj23":
      let type = SignedMessageType(rawValue: try step.number("type"))
      if !type.isVote { return }  // refused before it gets here
      try expectVerdict(refused: step.has("error"), "claim") {
        try votes.setPeerMajority(try step.number("round"), type, step.text("peer"), try step.message("block_id_pb"))
      }
    default:
      var added = false
      var unwanted = false
      do { added = try votes.add(step.message("pb"), peer: step.text("peer"), scheme: scheme) } catch let error as VoteError {
        if case .unwantedRound = error { unwanted = true }
      }
      try expectEqual(added, step.flag("added"), "added")
      try expectEqual(unwanted, step.flag("got_vote_from_unwanted_round"), "unwanted")
      try expectEqual(votes.round, step.number("round"), "round")
      try expectEqual(votes.proofOfLock?.round ?? -1, step.number("pol_round"), "POL round")
      try expectHex(votes.proofOfLock?.blockID.hash ?? [], step["pol_hash"], "POL")
    }
  }
}
