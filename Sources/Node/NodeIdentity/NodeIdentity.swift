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

  /// The keys of a folder; with `generate` those that are wholly absent are made. All are looked at before the first is written: where one
  /// is refused, the folder stays as it is.
  public static func load(folder: String, generate: Bool) throws(FileError) -> NodeIdentity {
    let files = (
      node: KeyFile(folder: folder, name: "identity"), p2p: KeyFile(folder: folder, name: "p2p"),
      consensus: KeyFile(folder: folder, name: "consensus"), vrf: KeyFile(folder: folder, name: "vrf")
    )
    let node = try files.node.examine(generate: generate), p2p = try files.p2p.examine(generate: generate)
    let entropy = "\(folder)/p2p_entropy.pem"
    let hasEntropy = try hasEntropy(entropy)
    let consensus = try files.consensus.examine(generate: generate), vrf = try files.vrf.examine(generate: generate)
    let tls = TLSFile(folder: folder, name: "tls_identity"), sentry = TLSFile(folder: folder, name: "sentry_client_tls_identity")
    let (tlsKey, sentryKey) = (try tls.examine(replaceUnreadable: true), try sentry.examine(replaceUnreadable: false))

    for leftover in ["tls_ephemeral", "tls_ephemeral_next", "tls_ephemeral_new_next"] { unlink("\(folder)/\(leftover).pem") }
    var notices: [String] = []
    let keys = (node: try files.node.complete(node), p2p: try files.p2p.complete(p2p))
    if !hasEntropy {
      try Files.write(Array(PEM(type: PEM.staticEntropyType, contents: randomBytes(32)).text.utf8), to: entropy, replace: false)
    }
    return NodeIdentity(
      node: keys.node, p2p: keys.p2p, consensus: try files.consensus.complete(consensus), vrf: try files.vrf.complete(vrf),
      tls: try tls.complete(tlsKey, &notices), sentryClient: try sentry.complete(sentryKey, &notices), notices: notices)
  }

  /// A public key of the folder, without its private half.
  public static func publicKey(folder: String, name: String) throws(FileError) -> PublicKey {
    let path = "\(folder)/\(name)_pub.pem"
    do { return try PEM.readPublicKey(try Files.read(path)) } catch let error as FileError { throw error } catch {
      throw FileError(path: path, reason: "\(error)")
    }
  }

  private static func hasEntropy(_ path: String) throws(FileError) -> Bool {
    let remedy = "restore it from a backup, or remove it to have it made anew"
    switch try Files.kind(of: path) {
    case .absent: return false
    case .other(let what): throw FileError(path: path, reason: "is \(what), not a file of static entropy: \(remedy)")
    case .file:
      let bytes = try Files.readKey(path)
      guard let entropy = try? PEM.read(bytes, type: PEM.staticEntropyType), entropy.count == 32 else {
        throw FileError(path: path, reason: "not a file of static entropy: \(remedy)")
      }
      return true
    }
  }
}
