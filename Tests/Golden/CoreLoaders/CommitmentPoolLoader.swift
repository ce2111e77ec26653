internal import Bytes
public import GoldenSupport
internal import JSONText
internal import OasisCrypto
internal import OasisTypes
internal import Wire

/// `commitments.jsonl` of the rules: the commitment pool step by step, and schedulers by rank.
public enum CommitmentPoolLoader: GoldenLoader {
  public static let patterns = ["vectors/rules/commitments.jsonl"]

  public static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    try runCases(file, &report) { item in
      let committee = try Committee.decode(cbor: item.bytes("committee"))
      if item.value["rows"] != nil { try ranks(item, committee) } else { try pool(item, committee) }
      return nil
    }
  }

  private static func ranks(_ item: Case, _ committee: Committee) throws {
    for row in try item.cases("rows") {
      let round: UInt64 = try row.integer("round")
      let expected = (row.value["idx_by_rank"]?.array ?? []).map { $0.integer(Int.self) }
      try expectEqual(expected.indices.map { committee.schedulerIndex(round: round, rank: UInt64($0)) }, expected, "index by rank")
      let ranks = (row.value["rank_by_member"]?.array ?? []).map { $0.string.flatMap { UInt64($0) } }
      let own = (committee.members ?? []).map { committee.schedulerRank(round: round, id: $0.publicKey) }
      // A member listed twice has one rank: compare where the recording names one.
      for (index, rank) in ranks.enumerated() where rank != nil { try expectEqual(own[index], rank, "rank of member \(index)") }
    }
  }

  private static func pool(_ item: Case, _ committee: Committee) throws {
    var pool = RootHash.Pool.fresh
    let stragglers: UInt16 = try item.integer("allowed_stragglers")
    for (index, step) in try item.cases("steps").enumerated() {
      var failure: (module: String, code: UInt32)?
      if try step.text("op") == "add" {
        do { try pool.add(try RootHash.ExecutorCommitment.decode(cbor: step.bytes("commitment")), committee: committee) } catch let error
          as RootHash.Failure
        {
          failure = (error.module, error.number)
        }
      } else {
        switch pool.process(committee: committee, allowedStragglers: stragglers, isTimeout: step.flag("timeout")) {
        case .finalized(let accepted):
          if step.has("scheduler_commitment") {
            try expectEqual(accepted.cbor().hex, try step.text("scheduler_commitment"), "step \(index): accepted")
          }
        case .discrepancyDetected: failure = (RootHash.commitmentModuleName, 8)
        case .stillWaiting: failure = (RootHash.commitmentModuleName, 9)
        case .insufficientVotes: failure = (RootHash.commitmentModuleName, 10)
        case .noSchedulerCommitment: failure = (RootHash.commitmentModuleName, 17)
        case .badSchedulerCommitment: failure = (RootHash.commitmentModuleName, 18)
        }
      }
      let recorded = step.value["error"].map(Case.init)
      if let recorded, !recorded.value.isNull {
        try expectEqual(failure?.module, try recorded.text("module"), "step \(index): module")
        try expectEqual(failure?.code, try recorded.integer("code", UInt32.self), "step \(index): code")
      } else if let failure {
        throw GoldenError("step \(index): \(failure)")
      }
      try expectEqual(pool.cbor().hex, try step.text("pool"), "step \(index): pool")
    }
  }
}
