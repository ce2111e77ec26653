internal import Bytes
internal import CometBFT
internal import GoldenSupport
internal import JSONText
internal import Protobuf

/// `validator_set.jsonl`: rotation and updates.
struct ValidatorSetLoader: GoldenLoader {
  static let patterns = ["cometbft/validator_set.jsonl"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    for (_, line) in try file.lines() {
      report.check("\(line.text("kind")): \(line.text("name"))") {
        switch line.text("kind") {
        case "script": try script(line)
        case "increment": try increment(line)
        case "grouping": try grouping(line)
        case "update": try update(line)
        case "new": try new(line)
        case "blocks": try blocks(line)
        case "rounds": try rounds(line)
        default: throw GoldenError("unknown kind")
        }
      }
    }
  }

  /// Validators from pairs of key and power.
  private static func changes(_ list: [JSONValue]) throws -> [Validator] {
    try list.map { pair in
      let parts = pair.array ?? []
      guard parts.count == 2 else { throw GoldenError("not a pair") }
      let key = try parts[0].bytes()
      return Validator(address: validatorAddress(ofKey: key), publicKey: ConsensusKey(ed25519: key), votingPower: try parts[1].number())
    }
  }

  private static func set(_ line: JSONValue) throws -> ValidatorSet { try ValidatorSet(new: changes(line.list("new"))) }

  private static func expect(_ set: ValidatorSet, _ snapshot: JSONValue?, _ what: String, proposer: Bool = true) throws {
    guard let snapshot else { throw GoldenError("\(what): no snapshot") }
    let ours = set.validators.map { [$0.address.hex, "\($0.votingPower)", "\($0.proposerPriority)"] }
    let theirs = try snapshot.list("validators").map { entry -> [String] in
      let parts = entry.array ?? []
      return [parts[0].string ?? "", "\(try parts[1].number(as: Int64.self))", "\(try parts[2].number(as: Int64.self))"]
    }
    try expectEqual(ours, theirs, what)
    if snapshot.has("hash") { try expectHex(set.hash(), snapshot["hash"], "\(what): hash") }
    if snapshot.has("total") { try expectEqual(set.totalVotingPower, snapshot.number("total"), "\(what): total") }
    if proposer, snapshot.has("proposer") { try expectHex(set.proposer?.address ?? [], snapshot["proposer"], "\(what): proposer") }
  }

  /// Compares with `[proposer, priorities in set order]`.
  private static func expect(_ set: ValidatorSet, brief: JSONValue, _ what: String) throws {
    let parts = brief.array ?? []
    try expectHex(set.proposer?.address ?? [], parts[0], "\(what): proposer")
    let priorities: [Int64] = try (parts[1].array ?? []).map { try $0.number() }
    try expectEqual(set.validators.map(\.proposerPriority), priorities, what)
  }

  private static func script(_ line: JSONValue) throws {
    var set = try set(line)
    try expect(set, line["initial"], "initial")
    for (number, step) in line.list("steps").enumerated() {
      let what = "step \(number) \(step.text("op"))"
      switch step.text("op") {
      case "increment":
        set.increment(try step.number("n"))
        try expect(set, brief: try step.member("after"), what)
      case "increment_one_by_one":
        for recorded in step.list("each") {
          set.increment(1)
          try expect(set, brief: recorded, what)
        }
      case "update":
        try expectVerdict(refused: step.isRefused, what) { try set.update(try changes(step.list("changes"))) }
        if let after = step["after"], after.array != nil {
          try expect(set, brief: after, what)
        } else if step.has("after") {
          try expect(set, step["after"], what)
        }
      default: throw GoldenError("unknown step \(step.text("op"))")
      }
    }
    try expect(set, line["final"], "final")
    if line.has("final_pb") { try expectHex(set.message().protobuf(), line["final_pb"], "final encoding") }
  }

  private static func increment(_ line: JSONValue) throws {
    let validators = try line.list("validators").map { entry -> Validator in
      let parts = entry.array ?? []
      return Validator(
        address: try parts[0].bytes(), publicKey: ConsensusKey(), votingPower: try parts[1].number(),
        proposerPriority: try parts[2].number())
    }
    var set = ValidatorSet(unchecked: validators)
    set.increment(try line.number("n"))
    if line.has("panic") { return }
    guard case .object(var members) = try line.member("after") else { return }
    members.removeAll { $0.key == "hash" }  // covers keys, which this kind does not have
    try expect(set, .object(members), "after")
  }

  private static func grouping(_ line: JSONValue) throws {
    var set = try set(line)
    try set.update(changes(line.list("update")))
    try expect(set.incremented(6), line["one_call"], "one call")
    for _ in 0..<6 { set.increment(1) }
    try expect(set, line["six_calls"], "six calls")
  }

  private static func update(_ line: JSONValue) throws {
    var set = try set(line)
    try expect(set, line["before"], "before")
    try expectVerdict(refused: line.isRefused, "update") { try set.update(try changes(line.list("changes"))) }
    if line.has("after") { try expect(set, line["after"], "after") }
  }

  private static func new(_ line: JSONValue) throws {
    var made: ValidatorSet?
    try expectVerdict(refused: line.isRefused, "new") { made = try set(line) }
    if let made, line.has("after") { try expect(made, line["after"], "after") }
  }

  private static func blocks(_ line: JSONValue) throws {
    var current = try set(line)
    var next = current.incremented(1)
    for (number, block) in line.list("blocks").enumerated() {
      if number > 0 || block.list("changes").isEmpty == false || line.list("blocks").count > 0 {
        // recorded after each block: the sets of the next block and of the one after it
        var after = next
        try after.update(changes(block.list("changes")))
        after.increment(1)
        (current, next) = (next, after)
      }
      try expect(current, block["current"], "block \(number): current")
      try expect(next, block["next"], "block \(number): next")
    }
  }

  private static func rounds(_ line: JSONValue) throws {
    let set = try set(line)
    for entry in line.list("round_proposer") {
      let parts = entry.array ?? []
      try expectHex(set.incremented(try parts[0].number()).proposer?.address ?? [], parts[1], "round")
    }
  }
}

/// `verify_commit.jsonl`: every way to verify a commit.
struct VerifyCommitLoader: GoldenLoader {
  static let patterns = ["cometbft/verify_commit.jsonl"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    for (_, line) in try file.lines() {
      report.check(line.text("name")) { try check(line) }
    }
  }

  private static func check(_ line: JSONValue) throws {
    let commit: Commit = try line.message("commit_pb")
    let blockID: BlockID = try line.message("block_id_pb")
    let set = try ValidatorSet(line.message("validators_pb"))
    let chainID = line.text("chain_id")
    let height: Int64 = try line.number("height")
    try expectEqual(set.totalVotingPower, line.number("total"), "total")
    try expectVerdict(refused: line.has("basic_error"), "basic") { try commit.validateBasic() }
    try expectVerdict(refused: line.has("verify_commit"), "verify commit") {
      try set.verifyCommit(chainID: chainID, blockID: blockID, height: height, commit: commit, scheme: scheme)
    }
    for (key, all) in [("light", false), ("light_all", true)] {
      try expectVerdict(refused: line.has(key), key) {
        try set.verifyCommitLight(chainID: chainID, blockID: blockID, height: height, commit: commit, scheme: scheme, all: all)
      }
    }
    guard line.has("trusted_validators_pb") else { return }
    let trusted = try ValidatorSet(line.message("trusted_validators_pb"))
    for member in line["trusting"]?.object ?? [] {
      let words = member.key.split(separator: " ")
      let numbers = (words.first ?? "").split(separator: "/").compactMap { Int64($0) }
      let level = numbers.count == 2 ? Fraction(numbers[0], numbers[1]) : Fraction(1, 0)
      try expectVerdict(refused: !member.value.isNull, "trusting \(member.key)") {
        try trusted.verifyCommitLightTrusting(chainID: chainID, commit: commit, level: level, scheme: scheme, all: words.last == "all")
      }
    }
  }
}

/// `median_time.jsonl`: the weighted median.
struct MedianTimeLoader: GoldenLoader {
  static let patterns = ["cometbft/median_time.jsonl"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    for (_, line) in try file.lines() {
      report.check(line.text("name")) {
        let times = try line.list("times_ns_and_weights").map { entry -> WeightedTime in
          let parts = entry.array ?? []
          let time = Timestamp(seconds: 0).adding(Nanoseconds(try parts[0].number()))
          return WeightedTime(time: time, weight: try parts[1].number())
        }
        try expectEqual(weightedMedian(times, total: try line.number("total")), line.time("median"), "median")
      }
    }
  }
}
