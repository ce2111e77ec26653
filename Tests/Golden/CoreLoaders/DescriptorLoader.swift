internal import Bytes
public import GoldenSupport
internal import JSONText
internal import OasisCrypto
internal import OasisTypes
internal import Wire

/// `descriptors.jsonl`: verification of entities, nodes and runtimes, and of their updates.
public enum DescriptorLoader: GoldenLoader {
  public static let patterns = ["vectors/core/descriptors.jsonl"]

  public static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    var setup = DescriptorSetup()
    try runCases(file, &report) { item in
      switch item.kind {
      case "setup": setup = try DescriptorSetup(item)
      case "entity": try entity(item)
      case "node": return try node(item, setup)
      case "node-update":
        let (current, new) = (try Node.decode(cbor: item.bytes("current")), try Node.decode(cbor: item.bytes("new")))
        try item.expectVerdict { try current.verifyUpdate(to: new, epoch: item.integer("epoch"), lookup: setup) }
      case "runtime": try runtime(item, setup)
      case "runtime-update":
        let (current, new) = (
          try Registry.Runtime.decode(cbor: item.bytes("current")), try Registry.Runtime.decode(cbor: item.bytes("new"))
        )
        let parameters = try Registry.ConsensusParameters.decode(cbor: item.bytes("params"))
        let epoch: Epoch = try item.integer("epoch")
        if item.has("panic") {  // the stored descriptor is bad: the caller's part
          guard (try? current.verifyDeployments(parameters: parameters, epoch: epoch, is261: true)) == nil else {
            throw GoldenError("deployments pass")
          }
          return nil
        }
        try item.expectVerdict { try current.verifyUpdate(to: new, parameters: parameters, epoch: epoch, is261: true) }
      case "active-deployment":
        let runtime = try Registry.Runtime.decode(cbor: item.bytes("runtime"))
        let epoch: Epoch = try item.integer("epoch")
        try expectEqual(runtime.activeDeployment(at: epoch)?.version.description, item.value["active"]?.string, "active")
        try expectEqual(runtime.nextDeployment(after: epoch)?.version.description, item.value["next"]?.string, "next")
      case "admission":
        let (runtime, node) = (try Registry.Runtime.decode(cbor: item.bytes("runtime")), try Node.decode(cbor: item.bytes("node")))
        let others = try item.byteList("existing_nodes").map { try Node.decode(cbor: $0) }
        try item.expectVerdict { try runtime.verifyAdmission(of: node, epoch: item.integer("epoch")) { others } }
      default: return "unknown kind \(item.kind)"
      }
      return nil
    }
  }

  private static func entity(_ item: Case) throws {
    let envelope = try item.optionalBytes("envelope").map { try SignedEnvelope.decode(cbor: $0) }
    try item.expectVerdict {
      let entity = try Entity.verified(envelope, mode: item.mode, blacklist: .production)
      try expectEqual(entity.cbor().hex, try item.text("entity"), "entity")
    }
  }

  private static func node(_ item: Case, _ setup: DescriptorSetup) throws -> String? {
    let envelope = try item.optionalBytes("envelope").map { try MultiSigned.decode(cbor: $0) }
    var setup = setup
    let parameters = try Registry.ConsensusParameters.decode(cbor: item.bytes("params"))
    setup.features = parameters.teeFeatures
    setup.is261 = try item.bool("feature_26_1")
    do {
      try item.expectVerdict {
        let (node, runtimes) = try Node.verified(
          envelope, entity: try Entity.decode(cbor: item.bytes("entity")), parameters: parameters, epoch: item.integer("epoch"),
          is261: setup.is261, mode: item.mode, blacklist: .production, lookup: setup)
        try expectEqual(node.cbor().hex, try item.text("node"), "node")
        try expectEqual(runtimes.map(\.id.hex), item.value["runtime_ids"]?.array?.compactMap(\.string) ?? [], "runtimes")
      }
    } catch is QuoteNeeded { return "needs verification of a quote" }
    return nil
  }

  private static func runtime(_ item: Case, _ setup: DescriptorSetup) throws {
    let parameters = try Registry.ConsensusParameters.decode(cbor: item.bytes("params"))
    let epoch: Epoch = try item.integer("epoch")
    try item.expectVerdict {
      guard let bytes = try item.optionalBytes("runtime") else { throw Registry.Failure(.invalidArgument) }
      let runtime = try Registry.Runtime.decode(cbor: bytes)
      try runtime.verify(
        parameters: parameters, epoch: epoch, is261: try item.bool("feature_26_1"), allowsDebug: item.name.hasPrefix("runtime/debug/"),
        blacklist: .production)
      if item.value["new_runtime_error"] != nil {
        let passes = (try? runtime.verifyNew(parameters: parameters, epoch: epoch, isGenesis: false)) != nil
        try expectEqual(passes, !item.has("new_runtime_error"), "new runtime")
      }
      if item.value["compute_args_error"] != nil {
        let passes = (try? runtime.verifyKeyManager(setup.anyRuntime)) != nil
        try expectEqual(passes, !item.has("compute_args_error"), "key manager")
      }
    }
  }
}

/// What lookups know.
struct DescriptorSetup: Registry.NodeLookup {
  var runtimes: [Registry.Runtime] = []
  var nodes: [Node] = []
  var features: TEEFeatures?
  var is261 = true

  init() {}

  init(_ item: Case) throws {
    runtimes = try item.byteList("runtimes").map { try Registry.Runtime.decode(cbor: $0) }
    nodes = try item.byteList("nodes").map { try Node.decode(cbor: $0) }
  }

  func anyRuntime(_ id: Namespace) -> Registry.Runtime? { runtimes.first { $0.id == id } }

  func nodeID(ofSubKey key: PublicKey) -> PublicKey? {
    nodes.first { [$0.consensus.id, $0.p2p.id, $0.tls.publicKey, $0.vrf.id].contains(key) }?.id
  }

  func verify(_ capability: Node.CapabilityTEE, constraints: [UInt8], node: Node) throws {
    try capability.checkAttestation(constraints: constraints, features: features, is261: is261)
    throw QuoteNeeded()
  }
}

/// Stands for the verdict on a quote.
struct QuoteNeeded: Error {}

extension Case {
  /// Which rules apply.
  var mode: Registry.CheckMode { flag("is_genesis") ? .genesis : flag("is_sanity_check") ? .sanity : .live }

  /// Runs a check and compares its failure with the recorded one by module and code.
  func expectVerdict(_ check: () throws -> Void) throws {
    do { try check() } catch let failure as Registry.Failure {
      if try bool("ok") { throw GoldenError("refused: \(failure)") }
      try expectEqual(failure.module, try text("module"), "module (\(failure))")
      try expectEqual(failure.number, try integer("code"), "code (\(failure))")
      return
    }
    if try !bool("ok") { throw GoldenError("accepted: \(value["error"]?.string ?? "")") }
  }
}
