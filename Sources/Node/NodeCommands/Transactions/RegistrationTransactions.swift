internal import CommandLineTool
internal import OasisCrypto
internal import OasisTypes
internal import Telemetry
internal import Wire

/// Commands that make transactions of the registry. Rule: sheet 09 §3.8.
extension NodeCommands {
  private static let instead = "use the `oasis` CLI instead."
  private static let descriptor = Flag("runtime.descriptor", default: "", "Path to the runtime descriptor")

  static let entityRegister = Command(
    "gen_register", "generate a register entity transaction",
    example: "oasis-node registry entity gen_register --genesis.file genesis.json --signer.dir /node/entity "
      + "--transaction.file tx.json --transaction.fee.gas 2000",
    flags: TransactionFlags.all, deprecated: instead
  ) { call in
    let environment = try CommandEnvironment(call, module: "cmd/registry/entity")
    let writer = try TransactionWriter(environment)
    let (entity, signer): (Entity, MemorySigner)
    do { (entity, signer) = try EntityFiles(environment).load() } catch {
      throw environment.failure("failed to load entity and its signer", ["err": "\(error)"])
    }
    let envelope = try SignedEnvelope(entity, by: signer, context: .registerEntity)
    let shown = ShownEntity(entity: entity, signature: envelope.signature)
    try writer.write(method: "registry.RegisterEntity", body: envelope.raw(), shown: shown, signer: signer)
  }

  static let entityDeregister = Command(
    "gen_deregister", "generate a deregister entity transaction",
    example: "oasis-node registry entity gen_deregister --genesis.file genesis.json --signer.dir /node/entity --transaction.file tx.json",
    flags: TransactionFlags.all, deprecated: instead
  ) { call in
    let environment = try CommandEnvironment(call, module: "cmd/registry/entity")
    try TransactionWriter(environment).write(method: "registry.DeregisterEntity", body: nil, shown: Registry.DeregisterEntity())
  }

  static let runtimeRegister = Command(
    "gen_register", "generate a register runtime transaction",
    example: "oasis-node registry runtime gen_register --runtime.descriptor runtime.json --genesis.file genesis.json "
      + "--signer.dir /node/entity --transaction.file tx.json --transaction.fee.gas 5000",
    flags: TransactionFlags.all + [descriptor.any], deprecated: instead
  ) { call in
    let environment = try CommandEnvironment(call, module: "cmd/registry/runtime")
    let writer = try TransactionWriter(environment)
    let text: [UInt8]
    do { text = try CommandEnvironment.read(call[descriptor], limit: 1 << 24) } catch {
      throw environment.failure("failed to read runtime descriptor", ["err": "\(error)"])
    }
    let runtime: Registry.Runtime
    do { runtime = try Registry.Runtime.decode(json: text) } catch {
      throw environment.failure("can't parse runtime descriptor", ["err": "\(error)"])
    }
    do { try runtime.validate(allowsDebug: environment.debug.dontBlameOasis, blacklist: environment.blacklist) } catch {
      throw environment.failure("runtime descriptor is not valid", ["err": "\(error)"])
    }
    try writer.write(method: "registry.RegisterRuntime", body: runtime.raw(), shown: runtime)
  }
}

/// A signed entity as people see it: with the descriptor in place of its bytes.
private struct ShownEntity: WireMap {
  var entity = Entity()
  var signature = KeyedSignature()
  init() {}
  init(entity: Entity, signature: KeyedSignature) { (self.entity, self.signature) = (entity, signature) }
  static let fields: [Field<Self>] = [.init("untrusted_raw_value", \.entity), .init("signature", \.signature)]
}
