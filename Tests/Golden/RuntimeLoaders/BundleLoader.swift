internal import Bytes
internal import Foundation
public import GoldenSupport
internal import JSONText
internal import OasisCrypto
internal import OasisTypes
internal import RuntimeBundle
internal import Wire

/// `vectors/core/bundles.jsonl`: bundles good and bad, manifests, enclave signatures, identifiers.
public enum BundleLoader: GoldenLoader {
  public static let patterns = ["vectors/core/bundles.jsonl"]
  public static let companions = ["vectors/core/bundles/*.orc"]

  public static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    for line in try file.lines() {
      let value = line.value
      report.check((try? value.text("name")) ?? "line \(line.number)") {
        switch try value.text("kind") {
        case "bundle": try bundle(value, file)
        case "manifest": try manifest(value)
        case "sigstruct": try sigstruct(value)
        case "component-id": try identifier(value)
        case "mrenclave": try expectEqual(SHA256.digest(value.bytes("sgxs")), value.bytes("mr_enclave"), "measurement")
        default: throw GoldenError("unknown kind")
        }
      }
    }
  }

  private static func bundle(_ value: JSONValue, _ file: GoldenFile) throws {
    guard let archive = file.neighbour("vectors/core/" + (try value.text("file"))) else { throw GoldenError("no such file") }
    let expected = try value["expected_manifest_hash"] == nil ? nil : Hash(value.bytes("expected_manifest_hash"))
    let runtime = try value["expected_runtime_id"] == nil ? nil : Namespace(value.bytes("expected_runtime_id"))
    let opened: RuntimeBundle
    do { opened = try RuntimeBundle(path: archive.location, manifestHash: expected, runtimeID: runtime) } catch {
      guard value["ok"]?.bool != true else { throw error }
      try compare("\(error)", value["error"]?.string)
      return
    }
    guard value["ok"]?.bool == true else { throw GoldenError("accepted; the reference: \(value["error"]?.string ?? "crashes")") }
    let manifest = opened.manifest
    try expectEqual(manifest.jsonText(), value.text("manifest_json"), "manifest as JSON")
    try expectEqual(manifest.cbor().hex, value.text("manifest_cbor"), "manifest as CBOR")
    try expectEqual(opened.manifestHash.hex, value.text("manifest_hash"), "hash")
    try expectEqual(manifest.generatedFileName, value.text("generated_filename"), "file name")
    try expectEqual(manifest.isLegacy, value["legacy"]?.bool ?? false, "legacy")
    try expectEqual(manifest.isDetached, value["detached"]?.bool ?? false, "detached")
    try files(opened, value)
    try components(opened, value)
    try explode(opened, value)
  }

  /// Texts of JSON and inflate errors are the language's own; everything that names the rule must agree.
  private static func compare(_ ours: String, _ theirs: String?) throws {
    guard let theirs, !theirs.contains("failed to parse manifest") else { return }
    try expectEqual(ours, theirs, "error")
  }

  private static func files(_ bundle: RuntimeBundle, _ value: JSONValue) throws {
    let recorded = value["files"]?.array ?? []
    try expectEqual(bundle.files.count, recorded.count, "number of files")
    for item in recorded {
      let name = try item.text("file")
      try expectEqual(bundle.files[name], item["size"]?.integer(), "size of \(name)")
      try expectEqual(try bundle.digest(name).hex, item.text("hash"), "hash of \(name)")
    }
  }

  private static func components(_ bundle: RuntimeBundle, _ value: JSONValue) throws {
    let ours = bundle.manifest.availableComponents.sorted { ($0.id, $0.version) < ($1.id, $1.version) }
    let theirs = (value["components"]?.array ?? []).sorted { ($0["id_text"]?.string ?? "") < ($1["id_text"]?.string ?? "") }
    try expectEqual(ours.count, theirs.count, "number of components")
    for (component, item) in zip(ours, theirs) {
      try expectEqual(component.id.display, item.text("id"), "id")
      try expectEqual(component.id.text, item.text("id_text"), "id as text")
      try expectEqual(component.teeKind.rawValue, item.text("tee_kind"), "TEE kind")
      try expectEqual(component.isNetworkAllowed, item["network_allowed"]?.bool ?? false, "network")
      try expectEqual("\(component.version)", item.text("version"), "version")
      try expectEqual(component.requiredVolumes, item["required_volumes"]?.array?.compactMap(\.string) ?? [], "volumes")
      for (suffix, debug) in [("", false), ("_debug", true)] {
        do {
          let identities = try bundle.identities(of: component, debug: debug)
          let recorded = (item["identities\(suffix)"]?.array ?? []).map { [$0["mr_enclave"]?.string, $0["mr_signer"]?.string] }
          try expectEqual(identities.map { [$0.mrEnclave.hex, $0.mrSigner.hex] }, recorded, "identities")
        } catch let error as BundleError { try expectEqual("\(error)", item["identities_error\(suffix)"]?.string, "identities error") }
      }
    }
  }

  private static func explode(_ bundle: RuntimeBundle, _ value: JSONValue) throws {
    let folder = NSTemporaryDirectory() + "golden-bundle-\(UInt64.random(in: 0...UInt64.max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let target: String
    do { target = try bundle.explode(into: folder) } catch {
      guard value["explode_error"] != nil else { throw error }
      try expectEqual(try FileManager.default.contentsOfDirectory(atPath: folder), [], "what is left behind")
      return
    }
    guard value["explode_error"] == nil else { throw GoldenError("unpacked; the reference fails") }
    let recorded = Set(try (value["exploded"]?.array ?? []).map { try "\($0.text("path")) \($0.text("mode_octal"))" })
    var ours: Set<String> = []
    for path in ["."] + (try FileManager.default.subpathsOfDirectory(atPath: target)) {
      let mode = try FileManager.default.attributesOfItem(atPath: "\(target)/\(path)")[.posixPermissions] as? Int ?? 0
      ours.insert("\(path) \(String(mode, radix: 8))")
    }
    try expectEqual(ours, recorded, "unpacked files")
  }

  private static func manifest(_ value: JSONValue) throws {
    let manifest = try Manifest(json: Array(try value.text("json").utf8))
    try expectEqual(manifest.jsonText(), value.text("json_after_decode"), "JSON")
    try expectEqual(manifest.cbor().hex, value.text("cbor"), "CBOR")
    try expectEqual(manifest.hash.hex, value.text("hash"), "hash")
    try expectEqual(manifest.isLegacy, value["legacy"]?.bool ?? false, "legacy")
    try expectEqual(manifest.isDetached, value["detached"]?.bool ?? false, "detached")
    var error: String?
    do { try manifest.validate() } catch let failure { error = failure.reason }
    try expectEqual(error, value["validate_error"]?.string, "validation")
  }

  private static func sigstruct(_ value: JSONValue) throws {
    let bytes = try value.bytes("sigstruct")
    let parsed: Sigstruct
    do { parsed = try Sigstruct(verifying: bytes) } catch {
      guard value["ok"]?.bool != true else { throw error }
      try expectEqual("\(error)", value.text("error"), "error")
      return
    }
    guard value["ok"]?.bool == true else { throw GoldenError("accepted") }
    try expectEqual(parsed.enclaveHash.hex, value.text("mr_enclave"), "measurement")
    try expectEqual(parsed.signer.hex, value.text("mr_signer"), "signer")
    try expectEqual(parsed.productID, value["isv_prod_id"]?.integer() ?? .max, "product")
    try expectEqual(parsed.securityVersion, value["isv_svn"]?.integer() ?? .max, "security version")
  }

  private static func identifier(_ value: JSONValue) throws {
    let id: ComponentID
    do { id = try ComponentID(text: value.text("text")) } catch let error as BundleError {
      guard value["ok"]?.bool != true else { throw error }
      try expectEqual(error.reason, value.text("error"), "error")
      return
    }
    guard value["ok"]?.bool == true else { throw GoldenError("accepted") }
    try expectEqual(id.text, value.text("text_out"), "text")
    try expectEqual(id.display, value.text("display"), "display")
    try expectEqual(id.isRONL, value["is_ronl"]?.bool ?? false, "main component")
  }
}
