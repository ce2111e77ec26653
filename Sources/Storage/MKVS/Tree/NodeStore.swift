/// Where a tree finds and puts its nodes: the contract between `MKVS` and a node database. Safe to use from any thread.
///
/// The database knows roots, versions and locations; what a record means is the tree's business (`NodeRecord`).
public protocol NodeStore: AnyObject, Sendable {
  /// Where the top node of a root lies.
  /// - Throws: when the root is unknown, pruned or of another namespace.
  func open(_ root: Root) throws -> RootPointer

  /// The record at a location.
  func record(of type: RootType, at location: NodeLocation) throws -> [UInt8]

  /// Starts a commit of a version on top of `old`; checks the order of versions and whether `old` may have children.
  func newBatch(old: Root, version: UInt64) throws -> any NodeBatch
}

/// One commit under way: records first, the root last; nothing is visible before ``commit(_:)`` returns.
public protocol NodeBatch: AnyObject {
  /// Where a root already lies in this version; the tree then writes nothing.
  func existing(_ root: Root) throws -> RootPointer?

  /// The number of this commit within its version: part of the locations of its records.
  var sequence: UInt16 { get }

  /// Stores the record with number `index`; numbers ascend from 0.
  func put(index: UInt32, record: [UInt8]) throws

  /// Makes the root visible.
  func commit(_ commit: NodeCommit) throws
}

/// What a database keeps of a commit beside the records.
public struct NodeCommit: Sendable {
  public var root: Root
  public var pointer: RootPointer
  /// Records that the old root uses and the new one does not.
  public var superseded: [NodeLocation]
  /// Keys that the commit removed.
  public var removedKeys: [[UInt8]]
  /// Where leaves lie that were inserted again with their old value: part of the write log without being written again.
  public var repeated: [NodeLocation]
  /// The records written.
  public var recordCount: UInt32

  public init(
    root: Root, pointer: RootPointer, superseded: [NodeLocation] = [], removedKeys: [[UInt8]] = [], repeated: [NodeLocation] = [],
    recordCount: UInt32 = 0
  ) {
    self.root = root
    self.pointer = pointer
    self.superseded = superseded
    self.removedKeys = removedKeys
    self.repeated = repeated
    self.recordCount = recordCount
  }
}

/// Where the top node of a root is.
public enum RootPointer: Hashable, Sendable {
  case empty
  case leaf(NodeLocation)
  case inner(NodeLocation)
}
