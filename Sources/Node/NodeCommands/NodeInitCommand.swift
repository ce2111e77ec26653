internal import Bytes
internal import CommandLineTool
internal import NodeAPI
internal import NodeConfiguration
internal import NodeIdentity
internal import OasisCrypto
internal import OasisTypes
internal import Wire

extension NodeCommands {
  private static let entityID = Flag("node.entity_id", default: "", "Entity ID that controls this node")
  private static let expiration = Flag("node.expiration", default: UInt64(0), "Epoch that the node registration should expire")
  private static let p2pAddresses = Flag(
    "node.p2p_address", default: [String](), "Address(es) the node can be reached over the P2P transport")
  private static let consensusAddresses = Flag(
    "node.consensus_address", default: [String](),
    "Address(es) the node can be reached as a consensus member of the form [ID@]ip:port (where the ID@ part is optional and ID represents "
      + "the node's public key)")
  private static let roles = Flag(
    "node.role", default: [String](),
    "Role(s) of the node.  Supported values are \"compute-worker\", \"storage-worker\", \"transaction-scheduler\", \"key-manager\", "
      + "\"merge-worker\", and \"validator\"")
  private static let selfSigned = Flag("node.is_self_signed", default: true, "Node registration should be self-signed")
  private static let runtimes = Flag("node.runtime.id", default: [String](), "Hex Encoded Runtime ID(s) of the node.")

  /// `registry node init`: a signed descriptor for a genesis document. Rule: sheet 09 §3.8.
  static let nodeInit = Command(
    "init", "initialize a node",
    example: "oasis-node registry node init --config /node/etc/config.yml --node.entity_id BASE64 --node.expiration 1 "
      + "--node.role validator --node.p2p_address 192.0.2.1:9200 --node.consensus_address 192.0.2.1:26656",
    flags: Flags.signer + [
      Flags.signerDirectory.any, Flags.testEntity.any, entityID.any, expiration.any, p2pAddresses.any, consensusAddresses.any, roles.any,
      selfSigned.any, runtimes.any,
    ], deprecated: "use the `oasis` CLI instead."
  ) { call in
    let environment = try CommandEnvironment(call, module: "cmd/registry/node")
    guard !call[entityID].isEmpty else { throw environment.failure("missing --node.entity_id command-line argument") }
    guard let owner = [UInt8](base64: call[entityID]).flatMap({ PublicKey($0) }) else {
      throw environment.failure("malformed entity ID", ["err": NodeConfiguration.publicKeyProblem(call[entityID]) ?? ""])
    }
    if let problem = Flags.signerProblem(call) { throw environment.failure("failed to load entity", ["err": problem]) }
    let directory = environment.configuration?.common.dataDirectory ?? ""
    let folder = directory.isEmpty ? "." : directory
    let identity: NodeIdentity
    do {
      let lock = directory.isEmpty ? nil : try environment.claim(directory)
      defer { withExtendedLifetime(lock) {} }
      identity = try NodeIdentity.load(folder: folder, generate: true)
    } catch {
      throw environment.failure("failed to load or generate node identity", ["err": "\(error)"])
    }
    let node = try describe(environment, identity, owner)
    do {
      let signed = try MultiSigned(
        node, by: [identity.node, identity.p2p, identity.consensus, identity.vrf, identity.tls.signer], context: .registerNode)
      try CommandEnvironment.write(signed.jsonText(indent: "  "), to: "\(folder)/node_genesis.json")
    } catch { throw environment.failure("failed to write signed node genesis registration", ["err": "\(error)"]) }
  }

  private static func describe(
    _ environment: CommandEnvironment, _ identity: NodeIdentity, _ owner: PublicKey
  ) throws -> Node {
    let call = environment.call
    var node = Node()
    (node.version, node.id, node.entityID) = (Node.latestVersion, identity.node.publicKey, owner)
    (node.expiration, node.softwareVersion) = (call[expiration], Control.softwareVersion)
    node.tls.publicKey = identity.tls.publicKey
    (node.p2p.id, node.consensus.id, node.vrf.id) = (identity.p2p.publicKey, identity.consensus.publicKey, identity.vrf.publicKey)
    for name in call[roles] {
      guard let role = Roles.all.first(where: { $0.name == name })?.role else {
        throw environment.failure("failed to parse node roles mask", ["err": "node: unsupported role: '\(name)'"])
      }
      node.roles.insert(role)
    }
    for text in call[runtimes] {
      guard let id = Namespace(hex: text) else {
        throw environment.failure("failed to parse runtime ID", ["err": "malformed", "id": text])
      }
      var runtime = Node.Runtime()
      runtime.id = id
      node.runtimes = (node.runtimes ?? []) + [runtime]
    }
    for text in call[p2pAddresses] {
      guard let address = NodeAddress(text: text) else {
        throw environment.failure("failed to parse node P2P address", ["err": problem(text), "addr": text])
      }
      node.p2p.addresses = (node.p2p.addresses ?? []) + [address]
    }
    guard node.p2p.addresses != nil else { throw environment.failure("all nodes require at least 1 P2P address") }
    for text in call[consensusAddresses] {
      let address =
        text.contains("@")
        ? ConsensusAddress(text: text) : NodeAddress(text: text).map { ConsensusAddress(id: identity.p2p.publicKey, address: $0) }
      guard let address else {
        throw environment.failure("failed to parse node's consensus address", ["err": problem(text), "addr": text])
      }
      node.consensus.addresses = (node.consensus.addresses ?? []) + [address]
    }
    guard !node.hasRoles(.validator) || node.consensus.addresses != nil else {
      throw environment.failure("validator nodes require a consensus address")
    }
    return node
  }

  private static func problem(_ address: String) -> String {
    address.contains(":") ? "address \(address): not IP:port" : "address \(address): missing port in address"
  }
}
