import Bytes
import ConsensusApp
public import GoldenSupport
import JSONText
import OasisTypes
import Wire

/// The local upgrade manager: sequences of calls.
public enum UpgradeManagerCases: GoldenLoader {
  public static let patterns = ["vectors/rules/upgrade_manager.jsonl"]

  public static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    for (_, line) in try file.lines() {
      report.check(line["name"]?.string ?? "") { try check(line) }
    }
  }

  private static func check(_ line: JSONValue) throws {
    var manager = try LocalUpgradeManager()
    for (index, step) in (line["steps"]?.array ?? []).enumerated() {
      let label = "step \(index) (\(step["op"]?.string ?? ""))"
      var failure: (any Error)?
      do { try perform(step, &manager) } catch let error as GoldenError { throw error } catch { failure = error }
      if step["panic"] != nil {
        guard failure != nil else { throw GoldenError("\(label): succeeds, recorded \(step.text())") }
      } else if step["op"]?.string == "has_pending_at", !(step["error"]?.isNull ?? true) {
        continue  // a height that nobody asks for
      } else {
        try expectError(failure, step["error"], label)
      }
      if let pending = step["pending_after"]?.string { try expectEqual(manager.pending.cbor().hex, pending, "\(label) pending") }
    }
  }

  private static func perform(_ step: JSONValue, _ manager: inout LocalUpgradeManager) throws {
    let descriptor = try step["descriptor"]?.string.map { try hex($0) } ?? [0xff]  // null: refused as what does not decode
    switch step["op"]?.string {
    case "submit": try manager.submit(descriptor: descriptor)
    case "cancel": try manager.cancel(descriptor: descriptor)
    case "get":
      let found = try manager.pendingUpgrade(try Upgrade.Descriptor.decode(cbor: descriptor))
      try expectEqual(found.cbor().hex, step["result"]?.string ?? "", "result")
    case "has_pending_at":
      try expectEqual(manager.isPending(at: step.signed("height") ?? 0), step["result"]?.bool ?? false, "result")
    case "restart": manager = try LocalUpgradeManager(pending: manager.pending)
    case "startup_upgrade": try manager.startUp()
    case "consensus_upgrade":
      // The handlers' own work is checked elsewhere: here the manager is called without a state.
      try manager.consensusUpgrade(nil, epoch: step.unsigned("epoch") ?? 0, height: step.signed("height") ?? 0)
    default: throw GoldenError("unknown step \(step.text())")
    }
  }
}
