internal import Bytes
internal import CommandLineTool
internal import NodeAPI
internal import NodeIdentity
internal import OasisCrypto
internal import OasisTypes
internal import Telemetry
internal import Wire

extension NodeCommands {
  private static let instead = "use the `oasis` CLI instead."
  private static let reuseSigner = Flag("entity.reuse_signer", default: false, "Reuse entity signer instead of generating a new one")
  private static let force = Flag("force", default: false, "force")
  private static let nodeIDs = Flag("entity.node.id", default: [String](), "ID(s) of nodes associated with this entity")
  private static let descriptors = Flag(
    "entity.node.descriptor", default: [String](), "Node genesis descriptor(s) of nodes associated with this entity")

  /// `registry`: descriptors of entities and nodes. Rule: sheet 09 §3.8.
  static let registry = Command(
    "registry", "registry backend utilities",
    subcommands: [
      Command("entity", "entity registry backend utilities", subcommands: [entityInit, entityUpdate], deprecated: instead),
      Command("node", "node registry backend utilities", subcommands: [nodeInit], deprecated: instead),
    ], deprecated: instead)

  private static let entityInit = Command(
    "init", "initialize an entity", example: "oasis-node registry entity init --signer.dir /node/entity",
    flags: Flags.signer + [Flags.signerDirectory.any, Flags.testEntity.any, reuseSigner.any, force.any], deprecated: instead
  ) { call in
    let environment = try CommandEnvironment(call, module: "cmd/registry/entity")
    let files = EntityFiles(environment)
    if let problem = Flags.signerProblem(call) {
      throw environment.failure(
        "failed to generate entity", ["err": "loadOrGenerateEntity: failed to create signer factory: \(problem)"])
    }
    if try files.exist {
      guard call[force] else { throw environment.failure("existing entity exists, specify --force to overwrite") }
      environment.log.warn("overwriting existing entity")
    }
    do {
      let signer = try call[reuseSigner] ? files.signer() : files.generate()
      try files.write(Entity(id: signer.publicKey), signer)
    } catch { throw environment.failure("failed to generate entity", ["err": "\(error)"]) }
  }

  private static let entityUpdate = Command(
    "update", "update an entity", example: "oasis-node registry entity update --signer.dir /node/entity --entity.node.id BASE64",
    flags: Flags.signer + [Flags.signerDirectory.any, Flags.testEntity.any, nodeIDs.any, descriptors.any], deprecated: instead
  ) { call in
    let environment = try CommandEnvironment(call, module: "cmd/registry/entity")
    let files = EntityFiles(environment)
    var nodes: [PublicKey] = []
    for text in call[nodeIDs] {
      guard let key = [UInt8](base64: text).flatMap({ PublicKey($0) }) else {
        throw environment.failure("failed to parse node ID", ["err": "not a public key in base64", "node_id": text])
      }
      nodes.append(key)
    }
    for path in call[descriptors] {
      do {
        let signed = try MultiSigned.decode(json: try CommandEnvironment.read(path, limit: 1 << 24))
        let node: Node = try signed.open(context: .registerNode, blacklist: environment.debug.allowTestKeys ? .reserved : .production)
        nodes.append(node.id)
      } catch { throw environment.failure("failed to load node descriptor", ["err": "\(error)", "node_descriptor": path]) }
    }
    do {
      try Flags.requireFileSigner(call)
      let signer = try files.signer()
      var distinct: [PublicKey] = []
      for node in nodes where !distinct.contains(node) { distinct.append(node) }
      try files.write(Entity(id: signer.publicKey, nodes: distinct), signer)
    } catch { throw environment.failure("failed to persist entity", ["err": "\(error)"]) }
  }
}

/// The files of an entity in the signer's directory.
private struct EntityFiles {
  let folder: String

  init(_ environment: CommandEnvironment) {
    let flag = environment.call[Flags.signerDirectory]
    folder = flag.isEmpty ? "." : flag
  }

  private var descriptor: String { "\(folder)/entity.json" }
  private var key: String { "\(folder)/entity.pem" }

  var exist: Bool { get throws { try SecureFile.kind(of: descriptor) != .absent } }

  func signer() throws -> MemorySigner {
    let (seed, stored) = try PEM.readPrivateKey(try CommandEnvironment.read(key, limit: 1 << 16))
    let signer = MemorySigner(seed: seed)
    guard signer.publicKey == stored else { throw FileProblem("\(key): its public half does not belong to its seed") }
    return signer
  }

  /// A key is never overwritten: whoever has lost it has lost the entity.
  func generate() throws -> MemorySigner {
    if case .absent = try SecureFile.kind(of: folder) { throw FileProblem("open \(key): no such file or directory") }
    guard case .absent = try SecureFile.kind(of: key) else {
      throw FileProblem("\(key) exists: --entity.reuse_signer keeps it, or remove it first")
    }
    let signer = MemorySigner()
    try SecureFile.write(Array(PEM.privateKey(signer).utf8), to: key, replace: false)
    return signer
  }

  func write(_ entity: Entity, _ signer: MemorySigner) throws {
    let signed = try SignedEnvelope(entity, by: signer, context: .registerEntity)
    try CommandEnvironment.write(entity.jsonText(indent: "  "), to: descriptor)
    try CommandEnvironment.write(signed.jsonText(indent: "  "), to: "\(folder)/entity_genesis.json")
  }
}
