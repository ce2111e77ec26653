internal import Bytes
internal import OasisTypes
internal import Telemetry

/// What the reference's log says while parts start and stop: operators and their tools look for these lines. Data: `cli/logs`.
struct StartLog: Sendable {
  private let log: Log

  init(_ log: Log) { self.log = log }

  /// A runtime is given to the workers of this node.
  func registered(_ runtime: Namespace, executes: Bool) {
    for worker in Self.workers(executes: executes) {
      log.module(worker).info("registering new runtime", ["runtime_id": runtime.hex])
      log.module(worker).info("new runtime registered", ["runtime_id": runtime.hex])
    }
  }

  func starting(_ runtime: Namespace, executes: Bool) {
    for worker in Self.workers(executes: executes) where worker != "worker/storage" {
      log.module(worker).info("starting services for runtime", ["runtime_id": runtime.hex])
    }
    for worker in ["worker/common/committee", "worker/client/committee"] + (executes ? ["worker/executor/committee"] : []) {
      log.module(worker).with(["runtime_id": runtime.hex]).info("starting committee node")
    }
    log.module("worker/storage/committee").with(["runtime_id": runtime.hex]).info("starting")
    log.module("worker/common/committee").with(["runtime_id": runtime.hex]).info(
      "delaying worker start until after initial synchronization")
  }

  /// The next of the committee node's conditions holds.
  func committee(_ runtime: Namespace, _ text: String) {
    log.module("worker/common/committee").with(["runtime_id": runtime.hex]).info(text)
  }

  func storageInitialized(_ runtime: Namespace, genesisRound: UInt64, lastSynced: UInt64) {
    let log = log.module("worker/storage/committee").with(["runtime_id": runtime.hex])
    log.info("worker initialized", ["genesis_round": genesisRound, "last_synced": lastSynced])
    log.info("initialized")
  }

  func stopping(_ runtime: Namespace, executes: Bool) {
    for worker in Self.workers(executes: executes) where worker != "worker/storage" {
      log.module(worker).info("stopping services for runtime", ["runtime_id": runtime.hex])
    }
    for worker in ["worker/common/committee", "worker/client/committee"] {
      log.module(worker).with(["runtime_id": runtime.hex]).info("termination requested")
    }
  }

  func stopped(_ runtime: Namespace) { log.module("worker/storage/committee").with(["runtime_id": runtime.hex]).info("stopped") }

  /// The parts of the node besides runtimes.
  func nodeStarting(runtimes: Int, provesBeacon: Bool, socket: String) {
    if !provesBeacon { log.module("worker/beacon").info("beacon worker disabled") }
    log.module("worker/keymanager").info("not starting key manager worker as it is disabled")
    log.module("worker/registration").info("starting node registration service")
    log.module("worker/sentry").info("not starting sentry worker as it is disabled")
    let grpc = log.module("grpc/internal")
    grpc.info("starting gRPC server")
    grpc.info("gRPC server started", ["network": "unix", "address": socket])
    let storage = log.module("worker/storage")
    if runtimes > 0 {
      storage.info("starting", ["num_runtimes": runtimes])
    } else {
      storage.info("not starting storage worker as it is disabled")
    }
  }

  func nodeStopping(runtimes: Int) {
    log.module("runtime/bundle/manager").info("stopping")
    if runtimes > 0 { log.module("worker/storage").info("stopping") }
  }

  func nodeStopped(runtimes: Int) { if runtimes > 0 { log.module("worker/storage").info("stopped") } }

  private static func workers(executes: Bool) -> [String] {
    ["worker/common", "worker/storage", "worker/client"] + (executes ? ["worker/executor"] : [])
  }
}
