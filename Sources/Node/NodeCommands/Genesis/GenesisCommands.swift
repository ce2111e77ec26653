internal import Bytes
internal import CommandLineTool
internal import ConsensusApp
internal import NodeAPI
internal import OasisCrypto
internal import OasisTypes
internal import Wire

extension NodeCommands {
  private static let module = "cmd/genesis"
  private static let height = Flag("height", default: Int64(0), "block height at which to dump state")

  /// `genesis`: documents that networks start from. Rule: sheet 09 §3.5.
  static let genesis = Command("genesis", "genesis block utilities", subcommands: [check, genesisInit, dump])

  private static let check = Command(
    "check", "sanity check the genesis file", example: "oasis-node genesis check --genesis.file /node/etc/genesis.json",
    flags: [Flags.genesisFile.any]
  ) { call in
    let environment = try CommandEnvironment(call, module: module)
    let (text, document) = try loadGenesis(environment, problem: "failed to get genesis document")
    let canonical: String
    do { canonical = try document.canonicalText() } catch {
      throw environment.failure("failed to get canonical form of genesis file", ["err": "\(error)"])
    }
    guard text == Array(canonical.utf8) else {
      let isOneLine = !text.dropLast().contains(UInt8(ascii: "\n"))
      let problem =
        isOneLine ? "genesis file has everything on a single line" : "genesis file is not in canonical form, see the diff on stderr"
      call.console.printError("Diff:\n\(UnifiedDiff.text(String(decoding: text, as: UTF8.self), canonical))\n")
      throw environment.failure("genesis file is not in canonical form", ["err": problem])
    }
    call.console.print("genesis file is valid and in canonical form\n")
    call.console.print("genesis document's hash: \(document.hash.hex)\n")
    call.console.print("genesis file's SHA256 checksum: \(SHA256.digest(text).hex)\n")
  }

  /// The document of `--genesis.file`, checked; what is wrong with it is logged under `problem`.
  static func loadGenesis(
    _ environment: CommandEnvironment, problem: String
  ) throws -> (text: [UInt8], document: GenesisDocument) {
    func refuse(_ reason: String) -> CommandFailure { environment.failure(problem, ["err": "genesis: \(reason)"]) }
    let text: [UInt8]
    do { text = try CommandEnvironment.read(environment.call[Flags.genesisFile]) } catch {
      throw refuse("failed to open genesis document: \(error)")
    }
    let document: GenesisDocument
    do { document = try GenesisDocument(file: text) } catch { throw refuse("malformed genesis file: \(error)") }
    do {
      try GenesisCheck.run(document, allowsDebug: environment.debug.dontBlameOasis, blacklist: environment.blacklist)
    } catch { throw refuse("bad genesis file: \(error)") }
    return (text, document)
  }

  private static let dump = Command(
    "dump", "dump state into genesis file",
    example: "oasis-node genesis dump -a unix:/node/data/internal.sock --genesis.file dump.json",
    flags: Flags.client + [Flags.genesisFile.any, height.any]
  ) { call in
    let environment = try CommandEnvironment(call, module: module)
    let document = try await environment.ask("Consensus/StateToGenesis", failing: "failed to generate genesis document") {
      try await $0.stateToGenesis(at: call[height])
    }
    do { try CommandEnvironment.write(try document.canonicalText(), to: call[Flags.genesisFile]) } catch {
      throw environment.failure("failed to write genesis file", ["err": "\(error)"])
    }
  }
}
