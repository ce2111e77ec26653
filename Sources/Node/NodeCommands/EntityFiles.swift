internal import FileSystem
internal import CommandLineTool
internal import NodeIdentity
internal import OasisCrypto
internal import OasisTypes
internal import Wire

/// The files of an entity in the signer's directory.
struct EntityFiles {
  let folder: String
  private let usesTestEntity: Bool
  private let signerProblem: String?

  init(_ environment: CommandEnvironment) {
    let flag = environment.call[Flags.signerDirectory]
    folder = flag.isEmpty ? "." : flag
    (usesTestEntity, signerProblem) = (environment.usesTestEntity, Flags.signerProblem(environment.call))
  }

  private var descriptor: String { "\(folder)/entity.json" }
  private var key: String { "\(folder)/entity.pem" }

  var exist: Bool { get throws { try Files.kind(of: descriptor) != .absent } }

  /// The entity and its key, or the test entity where the flags say so.
  func load() throws -> (entity: Entity, signer: MemorySigner) {
    if usesTestEntity { return (Entity(id: TestKeys.entity.publicKey), TestKeys.entity) }
    if let signerProblem { throw FileProblem(signerProblem) }
    let signer = try signer()
    let entity = try Entity.decode(json: try CommandEnvironment.read(descriptor, limit: 1 << 24))
    guard entity.id == signer.publicKey else { throw FileProblem("\(descriptor): its key is not that of \(key)") }
    return (entity, signer)
  }

  func signer() throws -> MemorySigner {
    let (seed, stored) = try PEM.readPrivateKey(try CommandEnvironment.read(key, limit: 1 << 16))
    let signer = MemorySigner(seed: seed)
    guard signer.publicKey == stored else { throw FileProblem("\(key): its public half does not belong to its seed") }
    return signer
  }

  /// A key is never overwritten: whoever has lost it has lost the entity.
  func generate() throws -> MemorySigner {
    if case .absent = try Files.kind(of: folder) { throw FileProblem("open \(key): no such file or directory") }
    guard case .absent = try Files.kind(of: key) else {
      throw FileProblem("\(key) exists: --entity.reuse_signer keeps it, or remove it first")
    }
    let signer = MemorySigner()
    try Files.write(Array(PEM.privateKey(signer).utf8), to: key, replace: false)
    return signer
  }

  func write(_ entity: Entity, _ signer: MemorySigner) throws {
    let signed = try SignedEnvelope(entity, by: signer, context: .registerEntity)
    try CommandEnvironment.write(entity.jsonText(indent: "  "), to: descriptor)
    try CommandEnvironment.write(signed.jsonText(indent: "  "), to: "\(folder)/entity_genesis.json")
  }
}
