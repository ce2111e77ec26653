import Bytes
import Foundation
import OasisCrypto
import OasisTypes
import RuntimeBundle
import Telemetry
import Testing

@Suite("Bundle manager and registry (07 A.8, A.9)") struct ManagerTests {
  private let runtime = Namespace(hex: "80000000000000000000000000000000000000000000000000000000000000aa") ?? Namespace()
  private let other = Namespace(hex: "80000000000000000000000000000000000000000000000000000000000000bb") ?? Namespace()

  private func make(_ path: String, _ id: Namespace, _ version: Version = Version(1), rofl: Bool = false) throws -> Hash {
    var manifest = Manifest()
    manifest.id = id
    var component = rofl ? Component(kind: .rofl, name: "app") : Component(kind: .ronl)
    component.elf = ELFMetadata(executable: "run.elf")
    component.version = version
    manifest.components = [component]
    return try RuntimeBundle.write(manifest, files: ["run.elf": [1, 2, 3]], to: path).hash
  }

  @Test func unpacksKeepsAndCleans() throws {
    let folder = try TemporaryFolder()
    let manager = BundleManager(bundles: folder.path + "/runtimes/bundles", temporary: folder.path + "/runtimes/tmp/bundles", log: .silent)
    let main = try make(folder.path + "/main.orc", runtime)
    let app = try make(folder.path + "/app.orc", runtime, rofl: true)
    let foreign = try make(folder.path + "/other.orc", other)
    let files = ["main.orc", "app.orc", "other.orc"].map { "\(folder.path)/\($0)" }
    #expect(try BundleManager.runtimes(inFiles: files) == [runtime, other])

    var registry = try manager.start(files: files, configured: [runtime, other])
    #expect(Set(registry.manifests.keys) == [main, app, foreign])
    #expect(registry.components(of: runtime).map(\.component.id.text) == ["rofl.app", "ronl"])
    #expect(registry.versions(of: runtime) == [Version(1)])
    let record = try #require(registry.component(.ronl, of: runtime, version: Version(1)))
    #expect(FileManager.default.fileExists(atPath: record.directory + "/run.elf"))

    // Without its file a bundle of a configured runtime stays; a detached one and one of another runtime go.
    try Data([1]).write(to: URL(fileURLWithPath: manager.bundles + "/half.tmp"))
    registry = try manager.start(files: [], configured: [runtime])
    #expect(Set(registry.manifests.keys) == [main])
    #expect(try FileManager.default.contentsOfDirectory(atPath: manager.bundles) == [main.hex])
    manager.remove(main, from: &registry)
    #expect(registry.manifests.isEmpty)
    #expect(try FileManager.default.contentsOfDirectory(atPath: manager.bundles) == [])
  }

  @Test func refusesWhatItCannotOpen() throws {
    let folder = try TemporaryFolder()
    try Data("PK".utf8).write(to: URL(fileURLWithPath: folder.path + "/bad.orc"))
    let error = #expect(throws: BundleOpenError.self) { try BundleManager.runtimes(inFiles: [folder.path + "/bad.orc"]) }
    #expect(error?.description == "failed to open bundle: runtime/bundle: failed to open bundle: zip: not a valid zip file")
  }

  @Test func oneComponentAndVersionOnce() throws {
    let folder = try TemporaryFolder()
    _ = try make(folder.path + "/a.orc", runtime)
    var first = try RuntimeBundle(path: folder.path + "/a.orc").manifest
    var registry = BundleRegistry()
    try registry.add(first, directory: "/a")
    try registry.add(first, directory: "/a")
    first.name = "same component, other manifest"
    #expect(throws: BundleError.self) { try registry.add(first, directory: "/b") }
    first.components[0].version = Version(2)
    try registry.add(first, directory: "/b") { _ in .sgx }
    #expect(registry.versions(of: runtime) == [Version(1), Version(2)])
    #expect(registry.component(.ronl, of: runtime, version: Version(2))?.teeKind == .sgx)
    #expect(registry.outdated(runtime, before: Version(2)).count == 1)
  }
}
