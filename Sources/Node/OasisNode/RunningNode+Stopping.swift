internal import Bytes
internal import CometBFT
internal import ConsensusApp
internal import ConsensusService
internal import Glibc
internal import NodeConfiguration
internal import FileSystem
internal import OasisTypes
internal import Synchronization
internal import Telemetry

// How a node ends where the chain does, and where a part of it does not.

extension RunningNode {
  /// Where the chain stops: writes the state as a genesis document, then ends the node. Rule: sheets 03 §15.4, 08 §D4.
  ///
  /// The reference first waits for its peers to have its votes, and goes on answering them for `consensus.upgrade_stop_delay`; here are
  /// no peers yet.
  func watchHalt() async {
    guard let moment = try? await consensus.halt.wait() else { return }
    await consensus.service.stop()
    do {
      let path = try await exportState(at: moment.height)
      log.info("wrote the state as a genesis document", ["path": path, "height": moment.height])
    } catch { log.error("failed to write the state as a genesis document", ["height": moment.height, "err": "\(error)"]) }
    ending.yield(.halted(moment.reason))
  }

  private func exportState(at height: Int64) async throws -> String {
    let header = try await consensus.service.block(at: height).header
    let exporter = GenesisExporter(genesis: setup.genesis)
    let document = try await consensus.service.query(at: height) { state in
      try exporter.export(
        state, height: height, time: .init(seconds: header.time.seconds, nanoseconds: header.time.nanoseconds))
    }
    try DataDirectory.prepare(setup.directory.exports)
    let path = "\(setup.directory.exports)/genesis-\(setup.document.chainID)-at-\(height).json"
    try Files.write(Array(try document.canonicalText().utf8), to: path)
    return path
  }

  /// A part that does not stop in time is left behind, as in the reference: the stores take a kill at any moment.
  func giveUpWaiting() async {
    guard (try? await Task.sleep(for: setup.patience)) != nil else { return }
    for name in running.withLock({ $0.sorted() }) { log.warn("timed out waiting for the service to stop", ["svc": name]) }
    _exit(0)
  }
}
