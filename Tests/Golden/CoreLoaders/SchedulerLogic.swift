public import GoldenSupport
internal import OasisTypes
internal import Wire

/// The scheduler's pure rules in `service-logic.jsonl` and `voting_power.jsonl`.
let schedulerLogic: [String: LogicCheck] = ["voting-power": { try checkVotingPower($0) }]

func checkVotingPower(_ item: Case) throws {
  guard let stake = Quantity(text: try item.text("stake")) else { throw GoldenError("stake: no amount") }
  let power = VotingPowerDistribution(rawValue: try item.integer("distribution")).power(ofStake: stake)
  guard item.flag("ok") || (item.has("power") && !item.has("error")) else {
    guard power == nil else { throw GoldenError("accepts a power that the reference refuses") }
    return
  }
  try expectEqual(power, try item.integer("power", Int64.self), "power")
}

/// `vectors/rules/voting_power.jsonl`: stake to voting power.
public enum VotingPowerLoader: GoldenLoader {
  public static let patterns = ["vectors/rules/voting_power.jsonl"]

  public static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    try runCases(file, &report) { item in
      try checkVotingPower(item)
      return nil
    }
  }
}
