internal import MKVS
public import OasisCrypto
internal import OasisTypes

/// Keeps the latest state only, in memory: for replays, tests and estimates on foreign states.
public final class MemoryStateStore: StateStore {
  private let contents: MemoryState
  public private(set) var latest: (version: Int64, root: Hash)?

  /// - Parameter contents: the state of the version before the next block, if there is one
  public init(version: Int64? = nil, contents: [(key: [UInt8], value: [UInt8])] = []) throws {
    self.contents = MemoryState(Dictionary(contents.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 }))
    if let version { latest = (version, try tree().rootHash()) }
  }

  public var earliestVersion: Int64? { latest?.version }

  public func reader(at version: Int64) throws -> any StateReader {
    guard latest?.version == version else { throw AppError.versionNotFound }
    return contents.copy()
  }

  private func tree() throws -> Tree {
    let tree = Tree()
    for (key, value) in contents.contents { try tree.insert(key, value) }
    return tree
  }

  public func workingTree() throws -> any WorkingTree {
    MKVSWorkingTree(try tree()) { [unowned self] tree, version in
      let commit = try tree.commit(namespace: Namespace(), version: version)
      contents.apply(commit.writeLog.map { (key: $0.key, value: $0.value) })
      latest = (Int64(version), commit.root.hash)
      return commit.root.hash
    }
  }

  public func prune(below version: Int64) {}
}
