import Bytes
import CBOR
import ConsensusApp
public import GoldenSupport
import JSONText
import OasisTypes
import Wire

func quantity(_ json: JSONValue, _ key: String) throws -> Quantity {
  guard let text = json[key]?.string, let value = Quantity(text: text) else { throw GoldenError("\(key) is not a quantity") }
  return value
}

/// Whether an error is what was recorded: the same module and code, or none.
func expectError(_ error: (any Error)?, _ recorded: JSONValue?, _ what: String) throws {
  let ours = error.map { ResultCode(of: $0) }
  let text = ours.map { "\($0.module)/\($0.code)" } ?? "success"
  let recordedText = recorded?["module"].map { "\($0.string ?? "")/\(recorded?["code"]?.text() ?? "")" } ?? "success"
  guard text == recordedText else { throw GoldenError("\(what): \(text) \(ours?.message ?? ""), recorded \(recordedText)") }
}

/// Deposits and withdrawals of share pools.
public enum SharePools: GoldenLoader {
  public static let patterns = ["vectors/rules/share_pool.jsonl"]

  public static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    for (_, line) in try file.lines() {
      report.check(line["name"]?.string ?? "") {
        var pool = SharePool(balance: try quantity(line, "balance"), totalShares: try quantity(line, "total_shares"))
        var (source, target) = (try quantity(line, "src"), try quantity(line, "dst"))
        let amount = try quantity(line, "amount")
        var result: Quantity?
        var failure: (any Error)?
        do {
          switch line["op"]?.string {
          case "deposit": result = try pool.deposit(amount, from: &source, shares: &target)
          case "withdraw":
            let paid = try pool.withdraw(amount, shares: &source)
            target += paid
            result = paid
          default: result = try pool.stake(forShares: amount)
          }
        } catch { failure = error }
        try expectError(failure, line["error"], "error")
        guard failure == nil else { return }  // what is left of the values then does not matter: nothing is written
        if line["result"] != nil { try expectEqual(result, try quantity(line, "result"), "result") }
        try expectEqual(pool.balance, try quantity(line, "balance_after"), "balance")
        try expectEqual(pool.totalShares, try quantity(line, "total_shares_after"), "total shares")
        try expectEqual(source, try quantity(line, "src_after"), "source")
        try expectEqual(target, try quantity(line, "dst_after"), "target")
      }
    }
  }
}

/// Amendments of commission schedules.
public enum CommissionSchedules: GoldenLoader {
  public static let patterns = ["vectors/rules/commission.jsonl"]

  public static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    for (_, line) in try file.lines() {
      report.check(line["name"]?.string ?? "") {
        var schedule = try CommissionSchedule.decode(cbor: try line.bytes("schedule"))
        let rules = try CommissionScheduleRules.decode(cbor: try line.bytes("rules"))
        let now = line.unsigned("now") ?? 0
        var failure: (any Error)?
        do {
          if line["op"]?.string == "prune_and_validate" {
            try schedule.pruneAndValidate(rules, now: now)
          } else {
            try schedule.amendAndPrune(try CommissionSchedule.decode(cbor: try line.bytes("amendment")), rules, now: now)
          }
        } catch { failure = error }
        try expectError(failure, line["error"], "error")
        try expectEqual(schedule.cbor().hex, line["schedule_after"]?.string, "schedule")
        try expectEqual(schedule.currentRate(now).map { "\($0)" }, line["current_rate_after"]?.string, "rate")
      }
    }
  }
}

/// Claims on the stake of an account.
public enum StakeClaimCases: GoldenLoader {
  public static let patterns = ["vectors/rules/stake_claims.jsonl"]

  public static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    for (_, line) in try file.lines() {
      report.check(line["name"]?.string ?? "") {
        var escrow = try EscrowAccount.decode(cbor: try line.bytes("escrow"))
        let thresholds = try [ThresholdKind: Quantity].decode(cbor: try line.bytes("thresholds"))
        for (index, step) in (line["steps"]?.array ?? []).enumerated() {
          let claim = step["claim"]?.string ?? ""
          var failure: (any Error)?
          do {
            switch step["op"]?.string {
            case "add": try escrow.addClaim(claim, try [StakeThreshold]?.decode(cbor: try step.bytes("thresholds")), thresholds)
            case "remove": try escrow.removeClaim(claim)
            default: try escrow.checkClaims(thresholds)
            }
          } catch { failure = error }
          try expectError(failure, step["error"], "step \(index)")
          try expectEqual(escrow.cbor().hex, step["after"]?.string, "step \(index)")
        }
      }
    }
  }
}

/// Gas accountants.
public enum GasCases: GoldenLoader {
  public static let patterns = ["vectors/rules/gas_accountant.jsonl"]

  public static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    for (_, line) in try file.lines() {
      report.check(line["name"]?.string ?? "") {
        let parts: [any GasAccountant] = (line["limits"]?.array ?? []).map {
          $0.string.flatMap { UInt64($0) }.map { LimitedGas(limit: $0) as any GasAccountant } ?? FreeGas()
        }
        let gas: any GasAccountant =
          switch line["kind"]?.string {
          case "composite": CompositeGas(parts)
          case "basic": parts.first ?? FreeGas()
          default: FreeGas()
          }
        for (index, step) in (line["steps"]?.array ?? []).enumerated() {
          // A negative number does not compile here.
          guard let multiplier = step.unsigned("multiplier"), let cost = step.unsigned("cost") else { continue }
          var failure: (any Error)?
          do { try gas.use(multiplier, "op", step["known"]?.bool == true ? ["op": cost] : [:]) } catch { failure = error }
          try expectError(failure, step["error"], "step \(index)")
          try expectEqual(gas.used, step.unsigned("used") ?? 0, "step \(index) used")
          try expectEqual(gas.wanted, step.unsigned("wanted") ?? 0, "step \(index) wanted")
        }
      }
    }
  }
}
