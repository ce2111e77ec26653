import FileSystem
import Foundation
import OasisCrypto
import Testing

@testable import NodeIdentity

/// What may have happened to a file.
enum Trouble: CaseIterable {
  case emptied, cut, halved, otherType, otherKey, unreadable, openToAll, folder, danglingLink, pipe, huge, gone

  /// - Parameter other: a file of another type.
  func apply(to path: String, other: String, otherKey: String) throws {
    let manager = FileManager.default
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    func put(_ data: Data) throws {
      let handle = try #require(FileHandle(forWritingAtPath: path))
      try handle.truncate(atOffset: 0)
      try handle.write(contentsOf: data)
      try handle.close()
    }
    switch self {
    case .emptied: try put(Data())
    case .cut: try put(bytes.dropLast(1 + bytes.count / 3))
    case .halved: try put(bytes.dropFirst(bytes.count / 2))
    case .otherType: try put(Data(contentsOf: URL(fileURLWithPath: other)))
    case .otherKey: try put(Data(contentsOf: URL(fileURLWithPath: otherKey)))
    case .unreadable: try manager.setAttributes([.posixPermissions: 0], ofItemAtPath: path)
    case .openToAll: try manager.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
    case .huge: try put(Data(repeating: 0x20, count: 1 << 20))
    case .folder, .danglingLink, .pipe, .gone:
      try manager.removeItem(atPath: path)
      if self == .folder { try manager.createDirectory(atPath: path, withIntermediateDirectories: false) }
      if self == .danglingLink { try manager.createSymbolicLink(atPath: path, withDestinationPath: path + ".nothing") }
      if self == .pipe { #expect(mkfifo(path, 0o600) == 0) }
    }
  }
}

/// Everything in a folder: kinds, permissions, content.
func picture(of folder: String) throws -> [String] {
  try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { name in
    let path = "\(folder)/\(name)"
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    let isFile = attributes[.type] as? FileAttributeType == .typeRegular
    let content = isFile ? try Data(contentsOf: URL(fileURLWithPath: path)).base64EncodedString() : ""
    return "\(name) \(String(describing: attributes[.type])) \(String(describing: attributes[.posixPermissions])) \(content)"
  }
}

@Suite("A key file in trouble") struct KeyTroubleTests {
  /// One line that names the file, and nothing is written.
  private func expectRefusal(_ folder: String, of path: String, _ what: String) throws {
    let before = try picture(of: folder)
    for generate in [true, false] {
      do {
        _ = try NodeIdentity.load(folder: folder, generate: generate)
        Issue.record("\(what): loaded")
      } catch {
        let text = "\(error)"
        #expect(text.contains(path) && !text.contains("\n") && text.utf8.count < 400, "\(what): \(text)")
        let remedies = ["restore", "put", "remove", "chmod", "not this node's", "backup"]
        #expect(remedies.contains { text.contains($0) }, "\(what) without remedy: \(text)")
      }
      #expect(try picture(of: folder) == before, "\(what)")
    }
  }

  @Test(arguments: ["identity", "p2p", "consensus", "vrf"]) func aPrivateHalfIsRefused(name: String) throws {
    for trouble in Trouble.allCases where trouble != .otherKey {
      let folder = try TemporaryFolder()
      _ = try NodeIdentity.load(folder: folder.path, generate: true)
      let path = "\(folder.path)/\(name).pem"
      try trouble.apply(to: path, other: "\(folder.path)/tls_identity.pem", otherKey: "")
      try expectRefusal(folder.path, of: path, "\(name).pem \(trouble)")
      if trouble == .gone { continue }
      // The same where nothing else is there: no key is made beside a bad one.
      for other in try folder.names() where other != "\(name).pem" {
        try FileManager.default.removeItem(atPath: "\(folder.path)/\(other)")
      }
      let before = try picture(of: folder.path)
      #expect(throws: FileError.self) { try NodeIdentity.load(folder: folder.path, generate: true) }
      #expect(try picture(of: folder.path) == before, "\(name).pem \(trouble), alone")
    }
  }

  /// Another node's private key beside our public one: one of them is not ours, and nobody can tell which.
  @Test func halvesOfTwoKeysAreRefused() throws {
    let folder = try TemporaryFolder()
    _ = try NodeIdentity.load(folder: folder.path, generate: true)
    try Trouble.otherKey.apply(to: "\(folder.path)/consensus.pem", other: "", otherKey: "\(folder.path)/vrf.pem")
    try expectRefusal(folder.path, of: "\(folder.path)/consensus_pub.pem", "consensus of vrf")
  }

  @Test(arguments: ["identity", "p2p", "consensus", "vrf"]) func aPublicHalfIsRefusedOrRebuilt(name: String) throws {
    for trouble in Trouble.allCases where trouble != .openToAll && trouble != .unreadable {  // nobody needs it secret; root reads all
      let folder = try TemporaryFolder()
      _ = try NodeIdentity.load(folder: folder.path, generate: true)
      let path = "\(folder.path)/\(name)_pub.pem"
      let before = try Data(contentsOf: URL(fileURLWithPath: path))
      let other = name == "vrf" ? "identity" : "vrf"
      try trouble.apply(to: path, other: "\(folder.path)/\(name).pem", otherKey: "\(folder.path)/\(other)_pub.pem")
      guard trouble == .gone else {
        try expectRefusal(folder.path, of: path, "\(name)_pub.pem \(trouble)")
        continue
      }
      _ = try NodeIdentity.load(folder: folder.path, generate: false)
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
      #expect(try folder.mode("\(name)_pub.pem") == 0o600)
    }
  }

  @Test func entropyIsRefused() throws {
    for trouble in Trouble.allCases where ![.otherKey, .openToAll, .unreadable, .gone].contains(trouble) {
      let folder = try TemporaryFolder()
      _ = try NodeIdentity.load(folder: folder.path, generate: true)
      let path = "\(folder.path)/p2p_entropy.pem"
      try trouble.apply(to: path, other: "\(folder.path)/p2p.pem", otherKey: "")
      try expectRefusal(folder.path, of: path, "entropy \(trouble)")
    }
  }

  /// The TLS key may change: told, and what was there is kept.
  @Test func theTLSKeyIsReplacedLoudly() throws {
    for trouble in Trouble.allCases where trouble != .otherKey {
      let folder = try TemporaryFolder()
      let first = try NodeIdentity.load(folder: folder.path, generate: true)
      let path = "\(folder.path)/tls_identity.pem"
      try trouble.apply(to: path, other: "\(folder.path)/vrf.pem", otherKey: "")
      let before = try picture(of: folder.path).first { $0.hasPrefix("tls_identity.pem ") }
      let second = try NodeIdentity.load(folder: folder.path, generate: false)
      #expect(second.tls.publicKey != first.tls.publicKey, "\(trouble)")
      #expect(second.notices.count == 1 && second.notices[0].contains(path), "\(trouble): \(second.notices)")
      let kept = try picture(of: folder.path).first { $0.hasPrefix("tls_identity.pem.old ") }
      #expect(kept?.replacing(".pem.old", with: ".pem") == before, "\(trouble)")
      let third = try NodeIdentity.load(folder: folder.path, generate: false)
      #expect(third.tls.publicKey == second.tls.publicKey && third.notices.isEmpty)
      #expect(second.node.publicKey == first.node.publicKey && second.consensus.publicKey == first.consensus.publicKey)
    }
  }

  @Test func whatWasSetAsideBeforeStays() throws {
    let folder = try TemporaryFolder()
    _ = try NodeIdentity.load(folder: folder.path, generate: true)
    for text in ["first", "second", "third"] {
      try Data(text.utf8).write(to: URL(fileURLWithPath: folder.path + "/tls_identity.pem"))
      #expect(try NodeIdentity.load(folder: folder.path, generate: true).notices.count == 1)
    }
    for (name, text) in [("old", "first"), ("old.1", "second"), ("old.2", "third")] {
      #expect(try String(contentsOfFile: folder.path + "/tls_identity.pem.\(name)", encoding: .utf8) == text)
    }
  }

  @Test func theSentryClientsKeyAndCertificatesInTheWayAreRefused() throws {
    for trouble in Trouble.allCases where trouble != .otherKey && trouble != .gone {
      let folder = try TemporaryFolder()
      _ = try NodeIdentity.load(folder: folder.path, generate: true)
      let path = "\(folder.path)/sentry_client_tls_identity.pem"
      try trouble.apply(to: path, other: "\(folder.path)/vrf.pem", otherKey: "")
      try expectRefusal(folder.path, of: path, "sentry client \(trouble)")
    }
    let folder = try TemporaryFolder()
    _ = try NodeIdentity.load(folder: folder.path, generate: true)
    let path = "\(folder.path)/tls_identity_cert.pem"
    try Trouble.folder.apply(to: path, other: "", otherKey: "")
    try expectRefusal(folder.path, of: path, "certificate")
  }
}
