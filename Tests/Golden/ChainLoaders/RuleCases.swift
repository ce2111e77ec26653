import Bytes
import CBOR
import ConsensusApp
public import GoldenSupport
import JSONText
import OasisCrypto
import OasisTypes
import Wire

/// Transactions, block steps and messages on a full state: `vectors/rules/*.jsonl` in the case format of their README.
public enum RuleCases: GoldenLoader {
  public static let patterns = [
    "auth_staking_beacon", "registry", "roothash", "governance_keymanager_vault", "scheduler_validators", "scheduler_committees", "system",
    "chains", "soak_insecure", "soak_vrf", "soak_vrf-feature-off",
  ].map { "vectors/rules/\($0).jsonl" }
  public static let companions = ["vectors/rules/bases.jsonl"]

  public static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    let bases = try Bases(file)
    var lines = try file.lines().map(\.value)
    if file.path.contains("/soak_"), let first = lines.first {
      lines = [first.replacing("steps", .array([JSONValue](lines.dropFirst())))]
    }
    for line in lines {
      let name = line["name"]?.string ?? "unnamed"
      do {
        try RuleCase(line, bases).run()
        report.pass()
      } catch let reason as Skipped { report.skip(reason.description) } catch { report.fail(name, "\(error)") }
    }
  }
}

/// A case that needs something this node does not have.
struct Skipped: Error { var description: String }

/// The states that cases start from.
struct Bases {
  struct Base {
    var height: Int64
    /// The first epoch of the genesis document.
    var baseEpoch: UInt64
    var time: Int64
    var state: [(key: [UInt8], value: [UInt8])]
  }
  private var bases: [String: Base] = [:]

  init(_ file: GoldenFile) throws {
    guard let source = file.neighbour("vectors/rules/bases.jsonl") else { throw GoldenError("bases.jsonl is missing") }
    for (_, line) in try source.lines() {
      let state = try (line["state"]?.array ?? []).map { pair in
        guard let parts = pair.array, parts.count == 2, let key = parts[0].string, let value = parts[1].string else {
          throw GoldenError("a state entry is not a pair")
        }
        return (key: try hex(key), value: try hex(value))
      }
      bases[line["base"]?.string ?? ""] = Base(
        height: line["height"]?.integer(Int64.self) ?? 0, baseEpoch: line.unsigned("base_epoch") ?? 0,
        time: line["time"]?.integer(Int64.self) ?? 0, state: state)
    }
  }

  /// A base by the first name that there is: one recorded genesis names a base that is not recorded.
  func named(_ name: String, or other: String) throws -> Base { try bases[name] ?? self[other] }

  subscript(name: String) -> Base {
    get throws {
      guard let base = bases[name] else { throw GoldenError("no base \(name)") }
      return base
    }
  }
}

func hex(_ text: String) throws -> [UInt8] {
  guard let bytes = [UInt8](hex: text) else { throw GoldenError("\(text.prefix(40)) is not hexadecimal") }
  return bytes
}

extension JSONValue {
  func replacing(_ key: String, _ value: JSONValue) -> JSONValue {
    .object((object ?? []).filter { $0.key != key } + [JSONMember(key: key, value: value)])
  }

  func bytes(_ key: String) throws -> [UInt8] {
    guard let text = self[key]?.string else { throw GoldenError("\(key) is missing") }
    return try hex(text)
  }

  /// A number that is written as text above 2^53.
  func unsigned(_ key: String) -> UInt64? { self[key]?.integer(UInt64.self) ?? self[key]?.string.flatMap { UInt64($0) } }
  func signed(_ key: String) -> Int64? { self[key]?.integer(Int64.self) ?? self[key]?.string.flatMap { Int64($0) } }
}

/// One case.
struct RuleCase {
  private let json: JSONValue
  private let runner: StepRunner
  private let upgrades: RecordedUpgrades

  init(_ json: JSONValue, _ bases: Bases) throws {
    self.json = json
    let base = try bases[json["base"]?.string ?? ""]
    var state = Dictionary(base.state.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
    for pair in json["patch"]?.array ?? [] {
      guard let parts = pair.array, parts.count == 2, let key = parts[0].string else { throw GoldenError("bad patch") }
      state[try hex(key)] = try parts[1].string.map { try hex($0) }
    }
    var configuration = ConsensusApplication.Configuration()
    configuration.node.allowsDebug = json["debug_dont_blame_oasis"]?.bool ?? false
    configuration.node.blacklist = .reserved
    configuration.node.identity = PublicKey(hex: "10344e294af4032fba88a3ed43a4c8795f71c0f43586f7241551c138e9c4beb7")
    let minimum = json["steps"]?.array?.compactMap { $0.unsigned("local_min_gas_price") }.first
    configuration.node.minimumGasPrice = minimum ?? 0
    upgrades = RecordedUpgrades(json["info"]?["local_upgrader"])
    runner = try StepRunner(
      genesis: Genesis(document: .members(["height": .integer(1), "beacon": .members(["base": .integer(base.baseEpoch)])])),
      state: state.map { (key: $0.key, value: $0.value) },
      height: json.signed("height") ?? 0, previousEpoch: json.unsigned("prev_epoch"), time: BlockTime(seconds: base.time),
      configuration: configuration, services: ServiceList.all(), upgrades: upgrades)
    runner.isBeingProposed = json["info"]?["proposal_phase"]?.bool ?? false
    runner.sharesCheckState = json["name"]?.string?.contains("check_sequence") ?? false
  }

  func run() throws {
    let steps = json["steps"]?.array ?? []
    if steps.first?["op"]?.string != "new_block" {
      runner.openBlock(time: BlockTime(seconds: json.signed("time") ?? 0), proposer: [], votes: [], misbehavior: [])
    }
    for (index, step) in steps.enumerated() {
      let operation = step["op"]?.string ?? ""
      let label = "step \(index) (\(operation) \(step["app"]?.string ?? step["method"]?.string ?? step["message"]?.string ?? ""))"
      if operation == "new_block" {
        try openBlock(step)
      } else if operation == "commit" {
        let roots = try runner.roots()
        if let root = step["root"]?.string { try expectEqual(roots.state.hex, root, "\(label) root") }
        if let root = step["events_root"]?.string { try expectEqual(roots.events.hex, root, "\(label) events root") }
        try runner.commit()
      } else if let outcome = try perform(operation, step) {
        try compare(outcome, step, label)
        if outcome.error != nil, operation.hasSuffix("_block") || step["panic"] != nil { return }
      }
    }
  }

  private func openBlock(_ step: JSONValue) throws {
    let votes = try (step["votes"]?.array ?? []).map {
      CommitVote(address: try $0.bytes("address"), power: $0.signed("power") ?? 0, signed: $0["signed"]?.bool ?? false)
    }
    let misbehavior = try (step["misbehavior"]?.array ?? []).map { entry in
      let type = entry.signed("type") ?? 0
      return Misbehavior(
        kind: type == 1 ? .duplicateVote : type == 2 ? .lightClientAttack : .other(Int32(type)),
        validatorAddress: try entry.bytes("address"),
        height: entry.signed("height") ?? 0)
    }
    let proposer = try step["proposer"]?.string.map { try hex($0) } ?? []
    runner.openBlock(time: BlockTime(seconds: step.signed("time") ?? 0), proposer: proposer, votes: votes, misbehavior: misbehavior)
  }

  private func requireService(_ step: JSONValue) throws -> String {
    let name = step["app"]?.string ?? ""
    guard runner.application.services.contains(where: { $0.name == name }) else { throw Skipped(description: "no service \(name)") }
    return name
  }

  private var isBeingProposed: Bool { json["info"]?["proposal_phase"]?.bool ?? false }

  private func requireModule(_ step: JSONValue) throws {
    guard let module = step["method"]?.string?.split(whereSeparator: { "./".contains($0) }).first else { return }
    let modules = ["beacon", "registry", "governance", "vault", "keymanager", "roothash"]
    guard modules.contains(String(module)), !runner.application.services.contains(where: { $0.name.hasSuffix(module) }) else { return }
    throw Skipped(description: "no service for \(module)")
  }

  private func perform(_ operation: String, _ step: JSONValue) throws -> StepRunner.Outcome? {
    switch operation {
    case "begin_block": return try runner.beginBlock(try requireService(step))
    case "end_block": return try runner.endBlock(try requireService(step))
    case "deliver_tx", "check_tx", "estimate_gas":
      try requireModule(step)
      // A transaction without any bytes is recorded without them.
      let raw = step["tx"] == nil ? [] : try step.bytes("tx")
      if operation == "deliver_tx" { return try runner.deliver(raw) }
      if operation == "check_tx" { return try runner.check(raw) }
      guard let signer = PublicKey(try step.bytes("signer")) else { throw GoldenError("bad signer") }
      return try runner.estimate(signer: signer, try Transaction.decode(cbor: raw))
    case "message": return try message(step)
    case "validate_system_txs":
      return isBeingProposed ? nil : try runner.run(mode: .endBlock) { _ in try runner.checkSystemTransactions() }
    case "upgrade_handler":
      guard let handler = UpgradeHandler.named(step["message"]?.string ?? "") else { throw GoldenError("no handler \(step.text())") }
      let note = step["note"]?.string
      let mode: ExecutionMode = note == "begin block" ? .beginBlock : note == "end block" ? .endBlock : .deliverTransaction
      return try runner.run(mode: mode) { try handler.run($0) }
    case "sanity_check":
      throw Skipped(description: "the supplementary self-check is left out: it writes nothing and is off by default")
    default: throw Skipped(description: "step \(operation)")
    }
  }

  private func message(_ step: JSONValue) throws -> StepRunner.Outcome {
    let proposal = try RecordedChange.decode(cbor: try step.bytes("message_data"))
    let change = ParameterChange(module: proposal.module, changes: proposal.changes.bytes)
    switch step["message"]?.string {
    case "governance.change_parameters": return try runner.publish(.changeParameters, change, mode: .endBlock)
    case "governance.validate_parameter_changes": return try runner.publish(.validateParameterChanges, change, mode: .deliverTransaction)
    default: throw Skipped(description: "message \(step["message"]?.string ?? "")")
    }
  }

  // MARK: Comparison

  private func compare(_ outcome: StepRunner.Outcome, _ step: JSONValue, _ label: String) throws {
    let isEstimate = step["op"]?.string == "estimate_gas"
    if !isEstimate { try compareError(outcome.error, step, label) }
    if step["panic"] != nil { return }
    let changes = try (step["after"]?.array ?? []).map { pair in
      guard let parts = pair.array, parts.count == 2, let key = parts[0].string else { throw GoldenError("bad change") }
      return Change(key: key, value: parts[1].string)
    }
    let ours = outcome.changes.map { Change(key: $0.key.hex, value: $0.value?.hex) }
    for change in ours where !changes.contains(change) {
      throw GoldenError("\(label): changed \(change), recorded \(changes.first { $0.key == change.key }.map { "\($0)" } ?? "unchanged")")
    }
    for change in changes where !ours.contains(change) { throw GoldenError("\(label): unchanged, recorded \(change)") }
    let events = (step["events"]?.array ?? []).map { "\($0.text())" }
    if step["op"]?.string != "check_tx", !isEstimate {
      let own = outcome.events.map { event in
        JSONValue.array([
          .string(event.type), .array(event.attributes.map { .array([.string($0.key), .string($0.value)]) }),
        ]).text()
      }
      try expectEqual(own, events, "\(label) events")
    }
    if let gas = step.unsigned("gas_used") { try expectEqual(outcome.gasUsed, gas, "\(label) gas used") }
    if let gas = step.unsigned("gas_wanted") { try expectEqual(outcome.gasWanted, gas, "\(label) gas wanted") }
    if let result = step["result"]?.string { try expectEqual(outcome.result?.hex ?? "", result, "\(label) result") }
    if let priority = step.signed("priority") { try expectEqual(outcome.priority, priority, "\(label) priority") }
    if let updates = step["validator_updates"]?.array {
      let recorded = updates.map { "\($0["pub_key"]?.string ?? "") \($0.signed("power") ?? -1)" }.sorted()
      let own = outcome.validatorChanges.map { "\($0.publicKey.bytes.hex) \($0.power)" }.sorted()
      try expectEqual(own, recorded, "\(label) validator updates")
    }
  }

  private struct Change: Equatable, CustomStringConvertible {
    var key: String
    var value: String?
    var description: String { "\(key) = \(value ?? "removed")" }
  }

  private func compareError(_ error: (any Error)?, _ step: JSONValue, _ label: String) throws {
    if step["panic"] != nil {
      guard error != nil else { throw GoldenError("\(label): succeeds, recorded panic \(step["panic"]?.text() ?? "")") }
      return
    }
    guard let recorded = step["error"], !recorded.isNull else {
      if let error { throw GoldenError("\(label): fails (\(ResultCode(of: error))), recorded success") }
      return
    }
    guard let error else { throw GoldenError("\(label): succeeds, recorded \(recorded.text())") }
    let code = ResultCode(of: error)
    guard code.module == recorded["module"]?.string, code.code == recorded.unsigned("code").map({ UInt32($0) }) else {
      throw GoldenError("\(label): error \(code.module)/\(code.code) \(code.message), recorded \(recorded.text())")
    }
  }
}

/// What the recorded messages about parameters hold.
struct RecordedChange: WireMap {
  var module = ""
  var changes = RawCBOR()
  init() {}
  static let fields: [Field<Self>] = [.init("module", \.module), .init("changes", \.changes)]
}

/// The local upgrade manager as a case describes it.
final class RecordedUpgrades: UpgradeManager {
  private let answer: JSONValue?
  init(_ answer: JSONValue?) { self.answer = answer }
  func consensusUpgrade(_ context: Context?, epoch: Epoch, height: Int64) {}
  func submit(descriptor: [UInt8]) {}
  func cancel(descriptor: [UInt8]) {}
  func isReady(descriptor: [UInt8]) -> Bool { answer?["startup_stage_done"]?.bool ?? true }
  func isPending(after lastHeight: Int64) -> Bool { false }
}
