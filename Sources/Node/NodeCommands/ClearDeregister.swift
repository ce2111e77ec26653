internal import FileSystem
internal import CommandLineTool
internal import KeyValueStore
internal import NodeConfiguration
internal import NodeIdentity
internal import RegistrationWorker
internal import RocksDBStore
internal import Telemetry

extension NodeCommands {
  /// `control clear-deregister`: lets a node that was shut down for good register again. Rule: sheet 09 §3.3.
  static let clearDeregister = Command(
    "clear-deregister", "clear the forced node deregistration flag",
    example: "oasis-node control clear-deregister --config /node/etc/config.yml"
  ) { call in
    let environment = try CommandEnvironment(call, module: "cmd/control")
    let path = environment.configuration?.common.dataDirectory ?? ""
    guard !path.isEmpty else {
      throw environment.failure("data directory must be set", ["hint": "give the node's configuration with --config FILE"])
    }
    let directory = DataDirectory(path)
    guard case .other? = try? Files.kind(of: directory.persistentStore) else {
      throw environment.failure(
        "failed to stat persistent store directory", ["err": "stat \(directory.persistentStore): no such file or directory"])
    }
    do {
      let lock = try directory.lock()
      defer { withExtendedLifetime(lock) {} }
      let store = try RocksDBStore(directory: directory.persistentStore)
      defer { store.close() }
      try RegistrationWorker.clearDeregistration(in: store)
    } catch { throw environment.failure("failed to clear persisted forced-deregister", ["err": "\(error)"]) }
    environment.log.info("cleared persisted forced-deregister")
  }
}
