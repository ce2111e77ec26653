internal import Bytes
internal import CommandLineTool
internal import NodeAPI
internal import NodeConfiguration
internal import NodeIdentity
internal import OasisCrypto
internal import OasisTypes
internal import Telemetry

extension NodeCommands {
  private static let module = "cmd/identity"

  /// `identity`: the node's keys. Rule: sheet 09 §3.4.
  static let identity = Command(
    "identity", "identity interface utilities", sharedFlags: [Flags.dataDirectory.any],
    subcommands: [initialize, showTLS, showSentryClient, showAddress, cometBFT])

  /// The folder of `--datadir`, or else of the configuration.
  private static func folder(_ environment: CommandEnvironment) throws -> String {
    let flag = environment.call[Flags.dataDirectory]
    let folder = flag.isEmpty ? environment.configuration?.common.dataDirectory ?? "" : flag
    guard !folder.isEmpty else { throw environment.failure("data directory must be set") }
    return folder
  }

  private static let initialize = Command(
    "init", "initialize node identity", example: "oasis-node identity init --datadir /node/data", flags: [Flags.verbose.any]
  ) { call in
    let environment = try CommandEnvironment(call, module: module)
    let folder = try folder(environment)
    do {
      let lock = try environment.claim(folder)
      defer { withExtendedLifetime(lock) {} }
      for notice in try NodeIdentity.load(folder: folder, generate: true).notices { environment.log.warn(notice) }
    } catch { throw environment.failure("failed to load or generate node identity", ["err": "\(error)"]) }
    call.console.print("Generated identity files in: \(folder)\n")
  }

  private static let showTLS = Command(
    "show-tls-pubkey", "outputs node's endpoint tls public key", example: "oasis-node identity show-tls-pubkey --datadir /node/data"
  ) { call in try show(call) { $0.tls.publicKey } }

  private static let showSentryClient = Command(
    "show-sentry-client-pubkey", "outputs node's sentry control client tls public key",
    example: "oasis-node identity show-sentry-client-pubkey --datadir /node/data"
  ) { call in try show(call) { $0.sentryClient.publicKey } }

  private static func show(_ call: Invocation, _ key: (NodeIdentity) -> PublicKey) throws {
    let environment = try CommandEnvironment(call, module: module)
    let folder = try folder(environment)
    do { call.console.print(key(try NodeIdentity.load(folder: folder, generate: false)).bytes.base64 + "\n") } catch {
      throw CommandFailure.message("\(error)")
    }
  }

  private static let showAddress = Command(
    "show-address", "outputs node's address", example: "oasis-node identity show-address -a unix:/node/data/internal.sock",
    flags: Flags.client
  ) { call in
    let environment = try CommandEnvironment(call, module: "cmd/control")
    call.console.print("\(Address(try await nodeStatus(environment).identity.node))\n")
  }

  // MARK: CometBFT addresses

  private static let cometBFT = Command(
    "cometbft", "CometBFT backend utilities",
    subcommands: [
      cometBFTAddress("show-node-address", "outputs node's CometBFT address", key: "p2p", owner: "Node's", "node's"),
      cometBFTAddress(
        "show-consensus-address", "outputs consensus' (validator's) CometBFT address", key: "consensus",
        owner: "Consensus' (validator's)", "consensus'"),
    ])

  /// Prints the first 20 bytes of a public key's SHA-256.
  private static func cometBFTAddress(
    _ name: String, _ summary: String, key: String, owner: String, _ whose: String
  ) -> Command {
    Command(name, summary, example: "oasis-node identity cometbft \(name) --datadir /node/data", flags: [Flags.verbose.any]) { call in
      let environment = try CommandEnvironment(call, module: "cmd/identity/cometbft")
      let folder = try folder(environment)
      let public_: PublicKey
      do { public_ = try NodeIdentity.publicKey(folder: folder, name: key) } catch {
        throw environment.failure("failed to open \(whose) public key", ["err": "\(error)", "key_file": "\(key)_pub.pem"])
      }
      let address = Array(SHA256.digest(public_.bytes).prefix(20)).hex.uppercased()
      let verbose = "\(owner) CometBFT address: \(address) (fingerprint: \(address.prefix(12)))"
      call.console.print((call[Flags.verbose] ? verbose : address) + "\n")
    }
  }
}
