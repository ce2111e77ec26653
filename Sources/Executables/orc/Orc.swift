internal import Bytes
internal import CommandLineTool
internal import OasisTypes
internal import RuntimeBundle

/// The commands of `orc`, which packs runtime bundles (11 D).
enum Orc {
  private static let sgxExecutable = Flag("sgx-executable", default: "", "SGX executable (SGXS) of the runtime")
  private static let sgxSignature = Flag("sgx-signature", default: "", "signature of the SGX executable")
  private static let custom = Flag("custom", default: false, "take name, version and identifier from flags instead of Cargo.toml")
  private static let output = Flag("output", default: "", "output file; NAME.orc in the current directory where it is not given")
  private static let name = Flag("runtime-name", default: "", "name of the runtime")
  private static let version = Flag("runtime-version", default: "", "version of the runtime, such as 1.2.3")
  private static let identifier = Flag("runtime-id", default: "", "identifier of the runtime, 64 hexadecimal digits")

  static let tool = CommandLineTool(
    Command("orc", "packs and shows Oasis runtime bundles", subcommands: [initialize, show]), version: "0.3.0")

  private static let initialize = Command(
    "init", "creates a bundle",
    details: "Creates a bundle from a runtime's executable. Without an executable the bundle has no components.",
    example: "orc init --custom --runtime-name hello --runtime-version 1.0.0 --runtime-id "
      + "8000000000000000000000000000000000000000000000000000000000000000 --output hello.orc ./hello",
    wordsHelp: "[ELF]",
    flags: [sgxExecutable.any, sgxSignature.any, custom.any, output.any, name.any, version.any, identifier.any]
  ) { call in
    guard call.words.count <= 1 else { throw CommandFailure.usage("accepts at most 1 arg(s), received \(call.words.count)") }
    guard call[custom] else {
      throw CommandFailure.message(
        "Error: reading runtime metadata from Cargo.toml is not built yet: use --custom with --runtime-name, --runtime-version and --runtime-id"
      )
    }
    do { try create(call) } catch let error as BundleError { throw CommandFailure.message("Error: failed to create bundle: \(error)") }
  }

  private static let show = Command(
    "show", "shows what a bundle holds", example: "orc show hello.orc", wordsHelp: "BUNDLE", words: .exactly(1)
  ) { call in
    let path = call.words[0]
    do { call.console.print(try RuntimeBundle(path: path).report(path: path)) } catch {
      throw CommandFailure.message("Error: failed to open bundle: \(error)")
    }
  }

  private static func create(_ call: Invocation) throws {
    var manifest = Manifest()
    guard !call[name].isEmpty, !call[version].isEmpty, !call[identifier].isEmpty else {
      throw CommandFailure.usage("--custom needs --runtime-name, --runtime-version and --runtime-id")
    }
    manifest.name = call[name]
    guard let parsed = Version(text: call[version]) else { throw CommandFailure.usage("malformed runtime version '\(call[version])'") }
    manifest.version = parsed
    // Hexadecimal digits or base64, as wherever an identifier is read from text.
    guard let id = try? Namespace(wireText: call[identifier]) else {
      throw CommandFailure.usage("malformed runtime identifier '\(call[identifier])'")
    }
    manifest.id = id
    call.console.print("Using runtime name: \(manifest.name)\n")
    call.console.print("Using runtime version: \(manifest.version)\n")
    call.console.print("Using MANUALLY OVERRIDEN runtime identifier: \(id.hex)\n")

    var files: [String: [UInt8]] = [:]
    if let executable = call.words.first {
      var component = Component(kind: .ronl)
      component.executable = "ronl.elf"
      files["ronl.elf"] = try RuntimeBundle.contents(ofFile: executable)
      if !call[sgxExecutable].isEmpty {
        var sgx = SGXMetadata()
        sgx.executable = "ronl.sgx"
        files["ronl.sgx"] = try RuntimeBundle.contents(ofFile: call[sgxExecutable])
        if !call[sgxSignature].isEmpty {
          sgx.signature = "ronl.sgx.sig"
          files["ronl.sgx.sig"] = try RuntimeBundle.contents(ofFile: call[sgxSignature])
        }
        component.sgx = sgx
      }
      manifest.components = [component]
    }
    try RuntimeBundle.write(manifest, files: files, to: call[output].isEmpty ? "\(manifest.name).orc" : call[output])
  }
}
