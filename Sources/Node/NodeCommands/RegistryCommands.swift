internal import FileSystem
internal import Bytes
internal import CommandLineTool
internal import NodeAPI
internal import NodeConfiguration
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
      Command(
        "entity", "entity registry backend utilities",
        subcommands: [entityInit, entityUpdate, entityRegister, entityDeregister, entityList],
        deprecated: instead),
      Command("node", "node registry backend utilities", subcommands: [nodeInit, nodeList, nodeIsRegistered], deprecated: instead),
      Command("runtime", "runtime registry backend utilities", subcommands: [runtimeRegister, runtimeList], deprecated: instead),
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
        throw environment.failure("failed to parse node ID", ["err": NodeConfiguration.publicKeyProblem(text) ?? "", "node_id": text])
      }
      nodes.append(key)
    }
    for path in call[descriptors] {
      do {
        let signed = try MultiSigned.decode(json: try CommandEnvironment.read(path, limit: 1 << 24))
        let node: Node = try signed.open(context: .registerNode, blacklist: environment.blacklist)
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
