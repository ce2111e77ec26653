public import OasisCrypto
public import OasisTypes
public import Wire

// What the storage service speaks of beside proofs (sheet 02 §4.1, §5.3).

/// Asks for the write log from one root to another; it comes in pieces.
public struct GetDiffRequest: WireMap, Hashable {
  public var startRoot = Root(type: .invalid, hash: .zero)
  public var endRoot = Root(type: .invalid, hash: .zero)
  public var options = SyncOptions()
  public init() {}
  public init(from startRoot: Root, to endRoot: Root) { (self.startRoot, self.endRoot) = (startRoot, endRoot) }
  public static let fields: [Field<Self>] = [
    .init("start_root", \.startRoot), .init("end_root", \.endRoot), .init("options", \.options),
  ]
}

/// Which part of a write log is wanted.
public struct SyncOptions: WireMap, Hashable {
  /// Only what comes after the entry of this key; nil or empty for all.
  public var offsetKey: [UInt8]?
  /// At most so many entries; 0 for no limit.
  public var limit: UInt64 = 0
  public init() {}
  public static let fields: [Field<Self>] = [.init("offset_key", \.offsetKey), .init("limit", \.limit)]
}

/// A piece of a write log.
public struct SyncChunk: WireMap, Hashable {
  /// Entries of a piece that is not the last.
  public static let size = 10

  /// Whether there are no further pieces.
  public var isFinal = false
  public var writeLog: WriteLog?
  public init() {}
  public init(isFinal: Bool, writeLog: WriteLog?) { (self.isFinal, self.writeLog) = (isFinal, writeLog) }
  public static let fields: [Field<Self>] = [.init("final", \.isFinal), .init("writelog", \.writeLog)]
}

extension WriteLog {
  /// The pieces of a write log as they are sent: at least one, the last is final.
  public func chunks(_ options: SyncOptions) -> [SyncChunk] {
    var rest = self[...]
    if let key = options.offsetKey, !key.isEmpty {
      rest = firstIndex { $0.key == key }.map { self[($0 + 1)...] } ?? []  // + 1: an index of this array
    }
    if options.limit > 0, options.limit < UInt64(rest.count) { rest = rest.prefix(Int(options.limit)) }
    var chunks: [SyncChunk] = []
    repeat {
      let piece = rest.prefix(SyncChunk.size)
      rest = rest.dropFirst(SyncChunk.size)
      chunks.append(SyncChunk(isFinal: rest.isEmpty, writeLog: piece.isEmpty ? nil : Array(piece)))
    } while !rest.isEmpty
    return chunks
  }
}

/// Asks which checkpoints there are.
public struct GetCheckpointsRequest: WireMap, Hashable {
  public var version: UInt16 = 0
  public var namespace = Namespace()
  /// Only those of this version of the tree.
  public var rootVersion: UInt64?
  public init() {}
  public static let fields: [Field<Self>] = [
    .init("version", \.version), .init("namespace", \.namespace), .init("root_version", \.rootVersion, .omitEmpty),
  ]
}

/// A checkpoint: a tree cut into chunks.
public struct CheckpointMetadata: WireMap, Hashable {
  /// Of the format; 1 is the only one.
  public static let currentVersion: UInt16 = 1

  public var version: UInt16 = 0
  public var root = Root(type: .invalid, hash: .zero)
  /// Digests of the chunks in their order.
  public var chunks: [Hash]?
  public init() {}
  public static let fields: [Field<Self>] = [.init("version", \.version), .init("root", \.root), .init("chunks", \.chunks)]
}

/// Which chunk of which checkpoint.
public struct ChunkMetadata: WireMap, Hashable {
  public var version: UInt16 = 0
  public var root = Root(type: .invalid, hash: .zero)
  public var index: UInt64 = 0
  public var digest = Hash()
  public init() {}
  public static let fields: [Field<Self>] = [
    .init("version", \.version), .init("root", \.root), .init("index", \.index), .init("digest", \.digest),
  ]
}

/// What is refused about checkpoints (sheet 02 §4.4).
public enum CheckpointError {
  public static let checkpointNotFound = CodedError("storage/mkvs/checkpoint", 1, "checkpoint: not found")
  public static let chunkNotFound = CodedError("storage/mkvs/checkpoint", 2, "checkpoint: chunk not found")
}
