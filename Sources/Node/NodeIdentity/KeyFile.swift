public import FileSystem
public import OasisCrypto

/// A signing key on disk: `NAME.pem` (private) and `NAME_pub.pem`. Rule: sheet 01 §3.7, §9.
///
/// A key is money, so nothing is guessed: only a pair of which neither half exists is created. A missing public half is written from
/// the private one; anything else that is not exactly as expected is refused, and nothing is written.
public struct KeyFile: Sendable {
  public let privatePath: String, publicPath: String

  /// The pair `NAME.pem`, `NAME_pub.pem` in a folder.
  public init(folder: String, name: String) {
    (privatePath, publicPath) = ("\(folder)/\(name).pem", "\(folder)/\(name)_pub.pem")
  }

  /// What makes such a key.
  private var maker: String {
    privatePath.hasSuffix("/entity.pem")
      ? "restore the entity's key ('oasis-node registry entity init' makes a new entity)"
      : "'oasis-node identity init' creates a node's keys"
  }

  /// What the pair's files hold.
  enum Content {
    /// Neither file is there.
    case absent
    /// A good private half, with its public half or without.
    case key(MemorySigner, hasPublic: Bool)
  }

  /// The key, made first where `generate` allows it and neither file exists.
  public func load(generate: Bool) throws(FileError) -> MemorySigner { try complete(examine(generate: generate)) }

  /// Looks at both files and writes nothing.
  func examine(generate: Bool) throws(FileError) -> Content {
    let kinds = (try Files.kind(of: privatePath), try Files.kind(of: publicPath))
    switch kinds {
    case (.absent, .absent):
      guard generate else { throw FileError(path: privatePath, reason: "no such file: \(maker)") }
      return .absent
    case (.absent, _):
      throw FileError(
        path: privatePath, reason: "missing, but its public half \(publicPath) exists: restore the private key from a backup")
    case (.other(let what), _):
      throw FileError(path: privatePath, reason: "is \(what), not a key file: put the key file back in its place")
    case (.file(let mode), let other):
      guard mode == 0o600 else { throw .permissions(privatePath, mode: mode) }
      let signer = try readPrivate()
      return .key(signer, hasPublic: try hasPublic(other, signer))
    }
  }

  /// Writes what the pair lacks.
  func complete(_ content: Content) throws(FileError) -> MemorySigner {
    switch content {
    case .absent:
      let signer = MemorySigner()
      try Files.write(Array(PEM.privateKey(signer).utf8), to: privatePath, replace: false)
      try Files.write(Array(PEM.publicKey(signer.publicKey).utf8), to: publicPath)
      return signer
    case .key(let signer, let hasPublic):
      if !hasPublic { try Files.write(Array(PEM.publicKey(signer.publicKey).utf8), to: publicPath) }
      return signer
    }
  }

  private func readPrivate() throws(FileError) -> MemorySigner {
    let bytes = try Files.readKey(privatePath)
    do {
      let (seed, stored) = try PEM.readPrivateKey(bytes)
      let signer = MemorySigner(seed: seed)
      guard signer.publicKey == stored else {
        throw FileError(path: privatePath, reason: "its public half does not belong to its seed: restore it from a backup")
      }
      return signer
    } catch let error as FileError { throw error } catch {
      throw FileError(path: privatePath, reason: "not a private key file (\(error)): restore it from a backup")
    }
  }

  private func hasPublic(_ kind: Files.Kind, _ signer: MemorySigner) throws(FileError) -> Bool {
    switch kind {
    case .absent: return false
    case .other(let what):
      throw FileError(path: publicPath, reason: "is \(what), not a key file: remove it and it is written anew from \(privatePath)")
    case .file:
      let bytes = try Files.readKey(publicPath)
      guard let key = try? PEM.readPublicKey(bytes) else {
        throw FileError(path: publicPath, reason: "not a public key file: remove it and it is written anew from \(privatePath)")
      }
      guard key == signer.publicKey else {
        throw FileError(path: publicPath, reason: "holds another key than \(privatePath): one of them is not this node's")
      }
      return true
    }
  }
}

extension FileError {
  /// A private key that others may read. Rule: sheet 09 §2.2.
  static func permissions(_ path: String, mode: UInt32) -> FileError {
    FileError(
      path: path, reason: "a private key must have mode 0600: chmod 600 \(path)",
      words: "signature/signer/file: invalid PEM file permissions \(String(mode, radix: 8)) on \(path)")
  }
}

extension Files {
  /// The bytes of a file that cannot be made anew.
  static func readKey(_ path: String) throws(FileError) -> [UInt8] {
    do throws(FileError) { return try read(path) } catch {
      let failure = error.operation.isEmpty ? error.reason : "\(error.operation): \(error.reason)"
      throw FileError(path: path, reason: "\(failure): make it readable to this user, or restore it from a backup")
    }
  }
}
