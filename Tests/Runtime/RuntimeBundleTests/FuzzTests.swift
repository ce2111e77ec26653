import Bytes
import Foundation
import FuzzSupport
import OasisCrypto
import OasisTypes
import RuntimeBundle
import Testing
import Wire

@Suite("Bundles: any input") struct BundleFuzzTests {
  @Test func manifestIsReadOrRefused() async {
    await #expect(processExitsWith: .success) {
      var random = WireRandom(seed: 9)
      var samples = (0..<20).map { _ in Array(Manifest.random(using: &random).jsonText().utf8) }.filter { $0.count < 3000 }
      samples += [
        #"{"name":"t","id":"8000000000000000000000000000000000000000000000000000000000000000","version":{"major":1},"executable":"r.elf","digests":{"r.elf":"6c53016ac6f75b6a86dbd56070cbed58a5880071fa3ae44f1211ec72958ae941"}}"#,
        #"{"id":"8000000000000000000000000000000000000000000000000000000000000000","components":[{"kind":"ronl","elf":{"executable":"r"},"sgx":{"executable":"e","signature":"s"},"version":{}},{"kind":"rofl","name":"abc","tdx":{"firmware":"f","kernel":"k","initrd":"i","resources":{"memory":64,"cpus":1}}}]}"#,
      ].map { Array($0.utf8) }
      let tokens = [
        "{", "[", "\"", "\"components\":[", "\"digests\":{", "null", "\"kind\":\"ronl\"", "-1", "1e999", "]", "}", ":", ",", "\"../x\"",
      ].map {
        Array($0.utf8)
      }
      fuzz("manifests", corpus: samples, tokens: tokens) { bytes, _ in
        let manifest = try Manifest(json: bytes)
        _ = (manifest.hash, manifest.generatedFileName, manifest.availableComponents.count)
        try manifest.validate()
      }
    }
  }

  /// Whole archives: fewer, since each goes through a file.
  @Test func archiveIsReadOrRefused() async {
    await #expect(processExitsWith: .success) {
      do {
        let folder = try TemporaryFolder()
        var manifest = Manifest()
        var component = Component(kind: .ronl)
        component.elf = ELFMetadata(executable: "r.elf")
        manifest.components = [component]
        let path = folder.path + "/good.orc", mutated = folder.path + "/bad.orc"
        _ = try RuntimeBundle.write(manifest, files: ["r.elf": [UInt8](repeating: 7, count: 500), "empty": []], to: path)
        let good = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        var limits = BundleLimits()
        limits.content = 64 << 20
        let tokens: [[UInt8]] = [
          [0x50, 0x4b, 1, 2], [0x50, 0x4b, 3, 4], [0x50, 0x4b, 5, 6], [0xff, 0xff, 0xff, 0xff], Array("../../x".utf8),
        ]
        fuzz("bundles", corpus: [good], tokens: tokens) { bytes, _ in
          try Data(bytes).write(to: URL(fileURLWithPath: mutated))
          let bundle = try RuntimeBundle(path: mutated, limits: limits)
          for name in bundle.files.keys { _ = try bundle.read(name) }
        }
        guard try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 2 else { fatalError("left something behind") }
      } catch { fatalError("\(error)") }
    }
  }
}
