public import FileSystem
public import OasisCrypto
internal import Glibc

/// The keys of a node, as its data directory holds them. Rule: sheet 01 §9.
public struct NodeIdentity: Sendable {
  /// Common name of the certificates.
  public static let commonName = "oasis-node"

  /// Identity; signs registrations and commitments.
  public let node: MemorySigner
  /// libp2p and CometBFT's node key.
  public let p2p: MemorySigner
  /// CometBFT's validator key.
  public let consensus: MemorySigner
  public let vrf: MemorySigner
  public let tls: TLSIdentity
  public let sentryClient: TLSIdentity
  /// What was replaced on the way, one line each, for the log.
  public let notices: [String]

  /// The keys of a folder; with `generate` those that are wholly absent are made.
  public static func load(folder: String, generate: Bool) throws(FileError) -> NodeIdentity {
    for leftover in ["tls_ephemeral", "tls_ephemeral_next", "tls_ephemeral_new_next"] { unlink("\(folder)/\(leftover).pem") }
    let node = try KeyFile(folder: folder, name: "identity").load(generate: generate)
    let p2p = try KeyFile(folder: folder, name: "p2p").load(generate: generate)
    try loadEntropy("\(folder)/p2p_entropy.pem")
    let consensus = try KeyFile(folder: folder, name: "consensus").load(generate: generate)
    let vrf = try KeyFile(folder: folder, name: "vrf").load(generate: generate)
    var notices: [String] = []
    let tls = try TLSIdentity.load(folder: folder, name: "tls_identity", replaceUnreadable: true, &notices)
    let sentryClient = try TLSIdentity.load(folder: folder, name: "sentry_client_tls_identity", replaceUnreadable: false, &notices)
    return NodeIdentity(
      node: node, p2p: p2p, consensus: consensus, vrf: vrf, tls: tls, sentryClient: sentryClient, notices: notices)
  }

  /// A public key of the folder, without its private half.
  public static func publicKey(folder: String, name: String) throws(FileError) -> PublicKey {
    let path = "\(folder)/\(name)_pub.pem"
    do { return try PEM.readPublicKey(try Files.read(path)) } catch let error as FileError { throw error } catch {
      throw FileError(path: path, reason: "\(error)")
    }
  }

  private static func loadEntropy(_ path: String) throws(FileError) {
    switch try Files.kind(of: path) {
    case .absent:
      try Files.write(Array(PEM(type: PEM.staticEntropyType, contents: randomBytes(32)).text.utf8), to: path, replace: false)
    case .other(let what): throw FileError(path: path, reason: "is \(what), not a file of static entropy")
    case .file:
      let bytes = try Files.read(path)
      guard let entropy = try? PEM.read(bytes, type: PEM.staticEntropyType), entropy.count == 32 else {
        throw FileError(path: path, reason: "not a file of static entropy: restore it from a backup, or remove it to have it made anew")
      }
    }
  }
}
