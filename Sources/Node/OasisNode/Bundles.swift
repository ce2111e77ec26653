internal import Bytes
internal import OasisTypes
internal import RuntimeBundle
internal import Telemetry

/// The bundles of this node while it runs. Rule: sheet 07 §A.9.
actor Bundles {
  private let manager: BundleManager
  private var registry: BundleRegistry
  private let log: Log

  init(_ manager: BundleManager, _ registry: BundleRegistry, log: Log) {
    (self.manager, self.registry) = (manager, registry)
    self.log = log.module("runtime/bundle/manager")
  }

  /// Removes the unpacked bundles of versions below the one in force: those never come back.
  func clean(_ runtime: Namespace, below version: Version) {
    let outdated = registry.outdated(runtime, before: version)
    guard !outdated.isEmpty else { return }
    log.info("cleaning bundles", ["id": runtime.hex, "max_version": version.description])
    for hash in outdated {
      log.info("cleaning bundle", ["manifest_hash": hash.hex])
      manager.remove(hash, from: &registry)
    }
  }
}
