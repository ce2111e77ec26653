import FileSystem
import Foundation
import OasisCrypto
import Testing

@testable import NodeIdentity

/// A folder that is gone after the test.
struct TemporaryFolder: ~Copyable {
  let path: String
  init() throws {
    path = NSTemporaryDirectory() + "identity-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }

  func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
  func mode(_ name: String) throws -> Int {
    try #require(FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")[.posixPermissions] as? Int)
  }
}

@Suite struct NodeIdentityTests {
  @Test func aNewFolderGetsAllKeysAndKeepsThem() throws {
    let folder = try TemporaryFolder()
    let first = try NodeIdentity.load(folder: folder.path, generate: true)
    let names = try folder.names()
    #expect(
      names == [
        "consensus.pem", "consensus_pub.pem", "identity.pem", "identity_pub.pem", "p2p.pem", "p2p_entropy.pem", "p2p_pub.pem",
        "sentry_client_tls_identity.pem", "sentry_client_tls_identity_cert.pem", "tls_identity.pem", "tls_identity_cert.pem", "vrf.pem",
        "vrf_pub.pem",
      ])
    for name in names { #expect(try folder.mode(name) == 0o600) }
    let second = try NodeIdentity.load(folder: folder.path, generate: false)
    #expect(first.node.publicKey == second.node.publicKey)
    #expect(first.tls.publicKey == second.tls.publicKey)
    #expect(try folder.names() == names)
  }

  @Test func withoutLeaveNothingIsMade() throws {
    let folder = try TemporaryFolder()
    #expect(throws: FileError.self) { try NodeIdentity.load(folder: folder.path, generate: false) }
    #expect(try folder.names() == [])
  }

  @Test(arguments: [
    "", "-----BEGIN ED25519 PRIVATE KEY-----\nAAAA", "-----BEGIN ED25519 PUBLIC KEY-----\nAAAA\n-----END ED25519 PUBLIC KEY-----\n",
  ])
  func aDamagedKeyIsRefusedAndKept(text: String) throws {
    let folder = try TemporaryFolder()
    _ = try NodeIdentity.load(folder: folder.path, generate: true)
    try text.write(toFile: folder.path + "/consensus.pem", atomically: false, encoding: .utf8)
    #expect { try NodeIdentity.load(folder: folder.path, generate: true) } throws: { "\($0)".contains("consensus.pem") }
    #expect(try String(contentsOfFile: folder.path + "/consensus.pem", encoding: .utf8) == text)
  }

  @Test func aLostPrivateHalfIsNotReplaced() throws {
    let folder = try TemporaryFolder()
    _ = try NodeIdentity.load(folder: folder.path, generate: true)
    try FileManager.default.removeItem(atPath: folder.path + "/identity.pem")
    #expect(throws: FileError.self) { try NodeIdentity.load(folder: folder.path, generate: true) }
    #expect(try !folder.names().contains("identity.pem"))
  }

  @Test func aLostPublicHalfIsWrittenAnew() throws {
    let folder = try TemporaryFolder()
    let first = try NodeIdentity.load(folder: folder.path, generate: true)
    try FileManager.default.removeItem(atPath: folder.path + "/vrf_pub.pem")
    _ = try NodeIdentity.load(folder: folder.path, generate: false)
    #expect(try NodeIdentity.publicKey(folder: folder.path, name: "vrf") == first.vrf.publicKey)
  }

  @Test func aDamagedTLSKeyIsReplacedLoudly() throws {
    let folder = try TemporaryFolder()
    let first = try NodeIdentity.load(folder: folder.path, generate: true)
    try "".write(toFile: folder.path + "/tls_identity.pem", atomically: false, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: folder.path + "/tls_identity.pem")
    let second = try NodeIdentity.load(folder: folder.path, generate: false)
    #expect(second.tls.publicKey != first.tls.publicKey)
    #expect(second.notices.count == 1)
    #expect(try folder.names().contains("tls_identity.pem.old"))
  }

  @Test func certificateHasTheExpectedExtensions() throws {
    let certificate = try #require(TLSIdentity.certificate(for: MemorySigner(), commonName: "oasis-node"))
    #expect(certificate.firstRange(of: [0x03, 0x02, 0x02, 0xa4]) != nil)  // key usage bits of sheet 01 §6
  }
}
