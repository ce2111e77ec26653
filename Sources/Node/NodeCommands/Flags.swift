internal import CommandLineTool

/// Flags that several commands have (sheet 09 §3.1, §3.2).
enum Flags {
  static let config = Flag("config", default: "", "config file")
  static let dontBlame = Flag("debug.dont_blame_oasis", default: false, hidden: true, "Enable debug/unsafe/insecure options")
  static let allowTestKeys = Flag("debug.allow_test_keys", default: false, hidden: true, "Allow test keys (UNSAFE)")
  static let allowDebugEnclaves = Flag("debug.allow_debug_enclaves", default: false, hidden: true, "Allow debug enclaves (UNSAFE)")
  static let laxTCB = Flag("debug.tcb_lax_verify", default: false, hidden: true, "Lax TCB verification (UNSAFE)")
  static let skipQuote = Flag("debug.skip_quote_verify", default: false, hidden: true, "Skip quote verification (UNSAFE)")
  static let testEntity = Flag("debug.test_entity", default: false, hidden: true, "use the test entity (UNSAFE)")
  static let logCalls = Flag("grpc.log.debug", default: false, hidden: true, "gRPC debug logs")

  /// Flags of the node whose feature is not there yet: accepted, and reported when it starts.
  static let unbuilt: [AnyFlag] =
    [
      .text("runtime.debug.mock_ids", hidden: true, "Mock runtime IDs (format: <path>,<path>,...)"),
      .toggle("worker.storage.crash.enabled", hidden: true, "Enable storage crash points (UNSAFE)"),
    ]
    + [
      "default", "worker.executor.batch.receive.after", "worker.executor.batch.process_start.after",
      "worker.executor.batch.abort.after", "worker.executor.batch.propose.before", "worker.executor.batch.propose.after",
      "worker.executor.batch.discrepancy_detected.after", "worker.executor.batch.schedule.publish.after", "storage.read.before",
      "storage.read.after", "storage.write.before", "storage.write.after", "roothash.before_index",
    ].map { Flag("debug.crash.\($0)", default: 0.0, hidden: true, "crash point probability (UNSAFE)").any }

  // MARK: Asking a node

  static let address = Flag("address", short: "a", default: "unix:internal.sock", "remote gRPC address")
  static let waitForAddress = Flag("wait", default: false, "wait for gRPC address to become available")
  static let insecure = Flag("insecure", short: "k", default: false, "allows non-TLS connection to loopback addresses")
  static var client: [AnyFlag] { [address.any, waitForAddress.any, insecure.any, logCalls.any] }

  // MARK: Files

  static let dataDirectory = Flag("datadir", default: "", "data directory")
  static let genesisFile = Flag("genesis.file", short: "g", default: "genesis.json", "path to genesis file")
  static let verbose = Flag("verbose", short: "v", default: false, "verbose output")

  // MARK: Signers

  static let signerBackend = Flag("signer.backend", short: "s", default: "file", "signer backend [file, plugin, remote, composite]")
  static let signerDirectory = Flag(
    "signer.dir", default: "",
    "path to directory containing the entity files. If file signer backend is being used, the directory must also contain the private key. "
      + "If blank, defaults to the working directory.")
  /// Which signer a command uses, without the directory.
  static var signer: [AnyFlag] {
    [
      signerBackend.any, .text("signer.composite.backends", "composite signer backends"),
      .text("signer.plugin.config", "plugin signer configuration"), .text("signer.plugin.name", "plugin signer backend name"),
      .text("signer.plugin.path", "plugin signer binary path"), .text("signer.remote.address", "remote signer server address"),
      .text("signer.remote.client.certificate", "remote signer client certificate path"),
      .text("signer.remote.client.key", "remote signer client certificate key path"),
      .text("signer.remote.server.certificate", "remote signer server certificate path"),
    ]
  }

  /// Why another signer than files is refused; nil for files.
  static func signerProblem(_ call: Invocation) -> String? {
    switch call[signerBackend] {
    case "file": nil
    case let known where ["plugin", "remote", "composite"].contains(known):
      "signer backend \(known) is not part of this version: use --signer.backend file"
    case let other: "unsupported signer backend: \(other)"
    }
  }

  static func requireFileSigner(_ call: Invocation) throws {
    if let problem = signerProblem(call) { throw CommandFailure.message(problem) }
  }
}
