internal import FileSystem
internal import Bytes
internal import ConsensusApp
internal import Glibc
internal import JSONText
internal import NodeConfiguration
internal import NodeIdentity
public import OasisCrypto
public import OasisTypes
internal import RuntimeBundle
internal import Wire

/// What a network of one node consists of, on disk.
public struct DemoNetwork: Sendable {
  public let directory: DemoDirectory
  /// Whether this start wrote it.
  public let isNew: Bool
  public let chainContext: String
  public let entity: PublicKey
  /// Epochs that the genesis registration lasts.
  public let genesisExpiration: Epoch

  /// The network of a directory, written first where there is none. Hold the directory's lock.
  public static func prepare(_ directory: DemoDirectory, programs: Programs) throws -> DemoNetwork {
    return directory.holdsNetwork ? try open(directory) : try create(directory, programs)
  }

  private static func open(_ directory: DemoDirectory) throws -> DemoNetwork {
    let text = try Files.read(directory.genesis, limit: 1 << 24)
    let document: GenesisDocument
    do { document = try GenesisDocument(file: text) } catch {
      throw RunnerError("\(directory.genesis): \(error): restore it, or remove \(directory.path) to start anew")
    }
    guard document.chainID == DemoGenesis.chainID else {
      throw RunnerError("\(directory.genesis): the genesis of another network (\(document.chainID)): name another --directory")
    }
    for file in [directory.configuration, directory.bundle] where access(file, R_OK) != 0 {
      throw RunnerError("\(file): missing, but the network exists: restore it, or remove \(directory.path) to start anew")
    }
    try checkPlace(directory)
    let key = try KeyFile(folder: directory.entity, name: "entity").load(generate: false)
    return DemoNetwork(
      directory: directory, isNew: false, chainContext: document.chainContext, entity: key.publicKey,
      genesisExpiration: document.registry.parameters.maxNodeExpiration)
  }

  /// A network that was moved or copied names its old place: its node would run there, unseen by this runner.
  private static func checkPlace(_ directory: DemoDirectory) throws {
    let environment = ["HOME": getenv("HOME").map { String(cString: $0) } ?? ""]
    guard let settings = try? NodeConfiguration.load(path: directory.configuration, environment: environment).common else { return }
    for (key, place, wanted) in [
      ("data_dir", settings.dataDirectory, directory.node.path), ("internal_socket_path", settings.internalSocketPath, directory.socket),
    ] where !place.isEmpty && resolved(place) != resolved(wanted) {
      throw RunnerError(
        "\(directory.configuration): common.\(key) is \(place), not \(wanted): move the network back, or correct the paths in the file")
    }
  }

  /// Through symbolic links, as far as the folder exists.
  private static func resolved(_ path: String) -> String {
    guard let slash = path.lastIndex(of: "/"), let real = realpath(String(path[..<slash]), nil) else { return path }
    defer { free(real) }
    return String(cString: real) + path[slash...]
  }

  private static func create(_ directory: DemoDirectory, _ programs: Programs) throws -> DemoNetwork {
    guard access(directory.node.consensus, F_OK) != 0 else {
      throw RunnerError(
        "\(directory.genesis): missing, but \(directory.node.consensus) holds a chain: restore it, or remove \(directory.path) to start anew"
      )
    }
    try directory.node.prepare()
    try DataDirectory(directory.entity).prepare()
    let entity = try KeyFile(folder: directory.entity, name: "entity").load(generate: true)
    let identity = try NodeIdentity.load(folder: directory.node.path, generate: true)
    let owner = Entity(id: entity.publicKey, nodes: [identity.node.publicKey])
    try Files.write(Array(owner.jsonText().utf8), to: "\(directory.entity)/entity.json")
    let signed = try SignedEnvelope(owner, by: entity, context: .registerEntity)
    try Files.write(Array(signed.jsonText().utf8), to: "\(directory.entity)/entity_genesis.json")

    let manifest = try writeBundle(directory, programs)
    let now = time()
    let genesis = DemoGenesis(time: now, entity: entity, keys: .init(identity), bundleChecksum: manifest.hash.bytes)
    let document = try genesis.document()
    try GenesisCheck.run(document, allowsDebug: true)
    try Files.write(
      Array(DemoConfiguration(directory: directory, entity: entity.publicKey).text.utf8), to: directory.configuration)
    try Files.write(Array(try document.canonicalText().utf8), to: directory.genesis)
    return DemoNetwork(
      directory: directory, isNew: true, chainContext: document.chainContext, entity: entity.publicKey,
      genesisExpiration: genesis.maxNodeExpiration)
  }

  private static func writeBundle(_ directory: DemoDirectory, _ programs: Programs) throws -> Manifest {
    let file = "\(Programs.runtimeName).elf"
    var component = Component(kind: .ronl)
    component.elf = ELFMetadata(executable: file)
    var manifest = Manifest()
    (manifest.name, manifest.id, manifest.components) = (Programs.runtimeName, DemoGenesis.runtimeID, [component])
    return try RuntimeBundle.write(manifest, files: [file: try RuntimeBundle.contents(ofFile: programs.runtime)], to: directory.bundle)
  }

  private static func time() -> Timestamp {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Timestamp(seconds: Int64(now.tv_sec), nanoseconds: Int32(now.tv_nsec))
  }
}

extension DemoGenesis.NodeKeys {
  init(_ identity: NodeIdentity) {
    self.init(node: identity.node, p2p: identity.p2p, consensus: identity.consensus, vrf: identity.vrf, tls: identity.tls.signer)
  }
}
