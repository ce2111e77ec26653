public import MKVS
public import MKVSDatabase
public import OasisCrypto
internal import OasisTypes

/// The consensus state in a node database: one root per height, namespace zero, no write logs (sheet 03 §13.2, §20).
public final class MKVSStateStore: StateStore, Sendable {
  public let database: NodeDatabase

  public init(_ database: NodeDatabase) { self.database = database }

  public var latest: (version: Int64, root: Hash)? {
    get throws {
      guard let version = database.latestVersion else { return nil }
      let root: Root
      do { root = try self.root(of: version) } catch { throw StateError("state \(version) cannot be read: \(error)") }
      return (Int64(version), root.hash)
    }
  }

  public var earliestVersion: Int64? { database.latestVersion == nil ? nil : Int64(database.earliestVersion) }

  private func root(of version: UInt64) throws -> Root {
    guard let root = try database.roots(version: version).first(where: { $0.type == .state }) else { throw AppError.versionNotFound }
    return root
  }

  /// The root of a committed height, for proofs and queries.
  ///
  /// - Throws: `consensus`/3 if the version is not there.
  public func root(at version: Int64) throws -> Root {
    guard version >= 0 else { throw AppError.versionNotFound }
    do { return try root(of: UInt64(version)) } catch { throw AppError.versionNotFound }
  }

  public func reader(at version: Int64) throws -> any StateReader {
    TreeReader(try Tree(store: database, root: try root(at: version), options: Self.options))
  }

  public func workingTree() throws -> any WorkingTree {
    let start: Root = if let version = database.latestVersion { try root(of: version) } else { Root(type: .state) }
    return MKVSWorkingTree(try Tree(store: database, root: start, options: Self.options)) { [database] tree, version in
      let commit = try tree.commit(namespace: Namespace(), version: version)
      try database.finalize([commit.root])
      return commit.root.hash
    }
  }

  private static var options: Tree.Options {
    var options = Tree.Options()
    options.writeLog = false
    return options
  }

  public func prune(below version: Int64) throws {
    while let latest = database.latestVersion, database.earliestVersion < UInt64(clamping: version), database.earliestVersion < latest {
      try database.prune(database.earliestVersion)
    }
    // Blocks are removed next, for good: a state that a power failure takes back must not lie below them (sheet 03 §17.1).
    try database.sync()
  }
}
