import Bytes
import Foundation
import OasisCrypto
import OasisTypes
import RuntimeBundle
import Testing
import Wire

/// A folder that is removed at the end.
final class TemporaryFolder {
  let path = NSTemporaryDirectory() + "bundle-\(UInt32.random(in: 0...UInt32.max))"
  init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(atPath: path) }
}

@Suite("Bundles (07 A)") struct BundleTests {
  private func manifest() -> Manifest {
    var manifest = Manifest()
    manifest.name = "test"
    var component = Component(kind: .ronl)
    component.elf = ELFMetadata(executable: "runtime.elf")
    component.version = Version(1, 2, 3)
    manifest.components = [component]
    return manifest
  }

  private func mode(_ path: String) throws -> Int {
    try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
  }

  @Test func hashes() throws {
    #expect(Manifest().cbor().hex == "a26269645820" + String(repeating: "00", count: 32) + "6764696765737473f6")
    #expect(Manifest().hash.hex == "dcc4f7c821d750caf4656cdee9f0bed52bee7697a00bab0aefb836149252cb1f")
    #expect(Hash.digest(Array("this is a test".utf8)).hex == "6c53016ac6f75b6a86dbd56070cbed58a5880071fa3ae44f1211ec72958ae941")
  }

  @Test func writesOpensAndExplodes() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/test.orc"
    let content = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }
    let written = try RuntimeBundle.write(manifest(), files: ["runtime.elf": content, "empty": []], to: path)
    #expect(try mode(path) == 0o600)
    let bundle = try RuntimeBundle(path: path, manifestHash: written.hash, runtimeID: Namespace())
    #expect(bundle.manifest == written)
    #expect(try bundle.read("runtime.elf") == content)
    let target = try bundle.explode(into: folder.path)
    #expect(target == "\(folder.path)/\(written.hash.hex)")
    #expect(try mode(target) == 0o700)
    #expect(try mode(target + "/META-INF") == 0o700)
    #expect(try mode(target + "/runtime.elf") == 0o700)
    #expect(try mode(target + "/empty") == 0o600)
    #expect(try mode(target + "/META-INF/MANIFEST.MF") == 0o600)
    #expect(try RuntimeBundle.manifest(inFolder: target) == written)

    try FileManager.default.removeItem(atPath: target + "/empty")
    try bundle.explode(into: folder.path)
    #expect(FileManager.default.fileExists(atPath: target + "/empty"))
    try Data([1]).write(to: URL(fileURLWithPath: target + "/empty"))
    #expect(throws: BundleError("corrupted asset: '\(target)/empty'")) { try bundle.explode(into: folder.path) }
  }

  @Test func damagedFiles() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/test.orc"
    try RuntimeBundle.write(manifest(), files: ["runtime.elf": [UInt8](repeating: 7, count: 5000)], to: path)
    let good = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    let damaged = folder.path + "/damaged.orc"
    for index in 0..<300 {
      var bytes = good
      if index % 3 == 0 { bytes.removeLast(1 + index % bytes.count) } else { bytes[(index * 7) % bytes.count] ^= UInt8(1 << (index % 8)) }
      try Data(bytes).write(to: URL(fileURLWithPath: damaged))
      guard let bundle = try? RuntimeBundle(path: damaged) else { continue }
      #expect(try bundle.read("runtime.elf") == [UInt8](repeating: 7, count: 5000))
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["damaged.orc", "test.orc"])
  }

  @Test func bombs() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/test.orc"
    try RuntimeBundle.write(manifest(), files: ["runtime.elf": [UInt8](repeating: 0, count: 20 << 20)], to: path)
    var limits = BundleLimits()
    limits.content = 10 << 20
    #expect(throws: BundleError("failed to open bundle: zip: content exceeds \(10 << 20) bytes")) {
      try RuntimeBundle(path: path, limits: limits)
    }
  }

  @Test func missingFile() {
    #expect(throws: BundleError("failed to open bundle: open /no/such.orc: no such file or directory")) {
      try RuntimeBundle(path: "/no/such.orc")
    }
  }

  @Test func componentIdentifiers() throws {
    #expect(try ComponentID(text: "rofl.b.c.d").name == "b.c.d")
    #expect(try ComponentID(text: "ronl").isRONL)
    for text in ["ronl.", "ronl.foo", "rofl.", "bonl", ""] { #expect(throws: BundleError.self) { try ComponentID(text: text) } }
  }
}
