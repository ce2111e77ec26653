public import OasisCrypto
public import OasisTypes

/// The bundles that a node knows, in memory (07 A.8). A value.
public struct BundleRegistry: Sendable {
  /// One component of a known bundle.
  public struct Record: Sendable, Hashable {
    /// The component as its manifest has it.
    public let component: Component
    /// The hardware to run it on.
    public let teeKind: TEEKind
    /// Whether it belongs to the main component of another bundle.
    public let isDetached: Bool
    /// The folder of the unpacked bundle.
    public let directory: String
    /// The bundle.
    public let manifestHash: Hash
  }

  /// A known bundle.
  private struct Entry: Sendable {
    var manifest: Manifest
    var records: [Record]
  }

  private var entries: [Hash: Entry] = [:]

  /// No bundles.
  public init() {}

  /// Known manifests, by their hashes.
  public var manifests: [Hash: Manifest] { entries.mapValues(\.manifest) }

  /// Adds a bundle; a known one changes nothing, one with a component and version that is already there is refused whole.
  ///
  /// - Parameter teeKind: what the operator wants for a component; nil leaves it to the manifest.
  public mutating func add(
    _ manifest: Manifest, directory: String, teeKind: (Component) -> TEEKind? = { _ in nil }
  ) throws(BundleError) {
    let hash = manifest.hash
    guard entries[hash] == nil else { return }
    let present = Set(entries.values.filter { $0.manifest.id == manifest.id }.flatMap { $0.records.map { Key($0.component) } })
    var records: [Record] = []
    for component in manifest.availableComponents {
      guard !present.contains(Key(component)) else {
        throw BundleError(
          "component '\(component.id.display)', version '\(component.version)', for runtime '\(manifest.id)' already exists")
      }
      records.append(
        Record(
          component: component, teeKind: teeKind(component) ?? component.teeKind, isDetached: manifest.isDetached, directory: directory,
          manifestHash: hash))
    }
    entries[hash] = Entry(manifest: manifest, records: records)
  }

  private struct Key: Hashable {
    let id: ComponentID
    let version: Version
    init(_ component: Component) { (id, version) = (component.id, component.version) }
  }

  /// Forgets a bundle.
  public mutating func remove(_ hash: Hash) { entries[hash] = nil }

  /// The components of a runtime, by kind, name and version.
  public func components(of runtime: Namespace) -> [Record] {
    entries.values.filter { $0.manifest.id == runtime }.flatMap(\.records).sorted {
      ($0.component.id, $0.component.version) < ($1.component.id, $1.component.version)
    }
  }

  /// A component in one version.
  public func component(_ id: ComponentID, of runtime: Namespace, version: Version) -> Record? {
    components(of: runtime).first { $0.component.id == id && $0.component.version == version }
  }

  /// The versions of a runtime's main component, ascending.
  public func versions(of runtime: Namespace) -> [Version] {
    components(of: runtime).filter(\.component.id.isRONL).map(\.component.version)
  }

  /// Bundles of a runtime whose main component is older than a version.
  public func outdated(_ runtime: Namespace, before version: Version) -> [Hash] {
    entries.filter {
      $0.value.manifest.id == runtime && $0.value.records.contains { $0.component.id.isRONL && $0.component.version < version }
    }
    .map(\.key).sorted()
  }
}
