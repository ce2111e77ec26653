internal import FileSystem
internal import Bytes
public import OasisCrypto
public import OasisTypes
public import Telemetry

/// Unpacks the operator's bundles and finds those that are already there (07 A.9). Downloads come with the network.
public struct BundleManager: Sendable {
  /// The folder of unpacked bundles, and the one of files on their way; both are made, with mode 0700, where they are missing.
  public let bundles: String, temporary: String
  private let limits: BundleLimits
  private let log: Log
  private let registryLog: Log

  /// A manager of two folders.
  public init(bundles: String, temporary: String, limits: BundleLimits = .init(), log: Log) {
    (self.bundles, self.temporary, self.limits) = (bundles, temporary, limits)
    self.log = log.module("runtime/bundle/manager")
    registryLog = log.module("runtime/bundle/registry")
  }

  /// The runtimes of bundle files, as the configuration needs them before anything is unpacked.
  public static func runtimes(inFiles paths: [String], limits: BundleLimits = .init()) throws(BundleOpenError) -> Set<Namespace> {
    var runtimes: Set<Namespace> = []
    for path in paths {
      do { runtimes.insert(try RuntimeBundle(path: path, limits: limits).manifest.id) } catch { throw BundleOpenError(cause: "\(error)") }
    }
    return runtimes
  }

  /// Unpacks bundle files, reads what is in the folder, removes what nobody wants and returns the rest.
  ///
  /// A bundle is kept when its runtime is configured; a detached one and one of a key manager only when it is among the files.
  public func start(
    files paths: [String], configured: Set<Namespace>, teeKind: (Namespace, Component) -> TEEKind? = { _, _ in nil }
  ) throws -> BundleRegistry {
    log.info("starting")
    do {
      Files.remove(temporary)
      for folder in [bundles, temporary] { try Files.makeFolders(folder) }
    } catch { throw BundleError("failed to prepare folders: \(error)") }
    removeLeftovers()
    let exploded = try explode(paths)
    var kept: [(manifest: Manifest, folder: String)] = []
    for (folder, manifest) in load() where isWanted(manifest, exploded, configured) { kept.append((manifest, folder)) }
    clean(keeping: Set(kept.map(\.folder)))

    log.info("registering manifests")
    var registry = BundleRegistry()
    for (manifest, folder) in kept.filter(\.manifest.isDetached) + kept.filter({ !$0.manifest.isDetached }) {
      let hash = manifest.hash.hex
      log.info("registering manifest", ["name": manifest.name, "hash": hash])
      registryLog.info("adding manifest", ["name": manifest.name, "hash": hash])
      try registry.add(manifest, directory: folder) { teeKind(manifest.id, $0) }
      registryLog.info("manifest added", ["name": manifest.name, "hash": hash])
    }
    return registry
  }

  /// Removes a bundle's folder, once nobody runs it.
  public func remove(_ hash: Hash, from registry: inout BundleRegistry) {
    registryLog.info("removing manifest", ["manifest_hash": hash.hex])
    registry.remove(hash)
    removeFolder("\(bundles)/\(hash.hex)")
  }

  private func explode(_ paths: [String]) throws -> Set<Hash> {
    log.info("exploding bundles")
    var hashes: Set<Hash> = []
    for path in paths {
      log.info("exploding bundle", ["path": path])
      let bundle = try RuntimeBundle(path: path, limits: limits)
      let folder = try bundle.explode(into: bundles)
      log.info("bundle exploded", ["dir": folder])
      hashes.insert(bundle.manifestHash)
    }
    return hashes
  }

  /// The unpacked bundles; what cannot be read is left out.
  private func load() -> [(folder: String, manifest: Manifest)] {
    log.info("loading manifests")
    var manifests: [(String, Manifest)] = []
    for name in RuntimeBundle.folders(in: bundles) {
      let folder = "\(bundles)/\(name)"
      do {
        let manifest = try RuntimeBundle.manifest(inFolder: folder, limits: limits)
        guard manifest.hash.hex == name else { throw BundleError("folder '\(name)' holds the manifest \(manifest.hash.hex)") }
        log.info("manifest loaded", ["name": manifest.name, "hash": name])
        manifests.append((folder, manifest))
      } catch { log.warn("failed to load manifest", ["dir": folder, "err": "\(error)"]) }
    }
    return manifests
  }

  private func isWanted(_ manifest: Manifest, _ exploded: Set<Hash>, _ configured: Set<Namespace>) -> Bool {
    guard configured.contains(manifest.id) else { return false }
    return exploded.contains(manifest.hash) || !(manifest.isDetached || manifest.id.isKeyManager)
  }

  private func clean(keeping kept: Set<String>) {
    log.info("cleaning bundles")
    for name in RuntimeBundle.folders(in: bundles) where !kept.contains("\(bundles)/\(name)") { removeFolder("\(bundles)/\(name)") }
  }

  private func removeFolder(_ folder: String) {
    log.info("removing bundle", ["dir": folder])
    RuntimeBundle.remove(folder)
    log.info("bundle removed", ["path": folder])
  }

  /// What a killed node left half unpacked.
  private func removeLeftovers() {
    for name in (try? Files.names(in: bundles)) ?? [] where name.hasSuffix(".tmp") { Files.remove("\(bundles)/\(name)") }
  }
}

/// A bundle file of the configuration that cannot be used.
public struct BundleOpenError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Why.
  public let cause: String

  /// The text as the reference prints it.
  public var description: String { "failed to open bundle: \(cause)" }
}
