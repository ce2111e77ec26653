internal import Bytes
internal import CBOR
public import OasisCrypto
public import OasisTypes
public import Wire

/// A transaction of a round as the I/O tree holds it (sheet 02 §6).
public struct IOTransaction: Hashable, Sendable {
  public var input: [UInt8]
  /// Nil before execution; empty output differs from none.
  public var output: [UInt8]?
  /// The position in the batch, from 0.
  public var batchOrder: UInt32

  public init(input: [UInt8], output: [UInt8]? = nil, batchOrder: UInt32 = 0) {
    self.input = input
    self.output = output
    self.batchOrder = batchOrder
  }

  /// What the transaction is called: the hash of its input.
  public var hash: Hash { Hash.digest(input) }
}

/// A tag that a transaction (or the block, then with the zero hash) emitted.
public struct IOTag: Hashable, Sendable {
  public var key: [UInt8]
  public var value: [UInt8]
  public var transaction: Hash

  public init(key: [UInt8], value: [UInt8], transaction: Hash = .zero) {
    self.key = key
    self.value = value
    self.transaction = transaction
  }
}

/// What is wrong with an I/O tree or its write log; texts as in the reference (plain errors).
public enum IOTreeError: Error, Hashable, Sendable, CustomStringConvertible {
  case notFound
  case noInput
  case malformedKey
  case malformedInput(String)
  case malformedOutput(String)
  case malformedTree
  case tooManyTransactions(max: UInt64)
  case tooManyBytes(max: UInt64)
  case inconsistentOrder(item: Int, order: UInt32)
  case invalidKeyFormat
  case tooManyArtifacts
  case inputSetTooLarge

  public var description: String {
    switch self {
    case .notFound: "transaction: not found"
    case .noInput: "transaction: no input artifact given"
    case .malformedKey: "key format: malformed input"
    case .malformedInput(let error): "transaction: malformed input artifacts: \(error)"
    case .malformedOutput(let error): "transaction: malformed output artifacts: \(error)"
    case .malformedTree: "transaction: malformed transaction tree"
    case .tooManyTransactions(let max): "transaction: input batch too large (max: \(max) txes)"
    case .tooManyBytes(let max): "transaction: input batch too large (max: \(max) bytes)"
    case .inconsistentOrder(let item, let order): "transaction: inconsistent order: item \(item) has batch order \(order)"
    case .invalidKeyFormat: "transaction: invalid key format"
    case .tooManyArtifacts: "transaction: too many inputs or outputs"
    case .inputSetTooLarge: "transaction: input set size exceeds configuration"
    }
  }
}

/// The input artifact: CBOR `[input, batch order]`.
public struct InputArtifact: WireArray, Hashable {
  public var input: [UInt8] = []
  public var batchOrder: UInt32 = 0

  public init() {}
  public init(input: [UInt8], batchOrder: UInt32) { (self.input, self.batchOrder) = (input, batchOrder) }

  public static let fields: [Field<Self>] = [.init("input", \.input), .init("batch_order", \.batchOrder)]
}

/// The output artifact: CBOR `[output]`.
public struct OutputArtifact: WireArray, Hashable {
  public var output: [UInt8]?

  public init() {}
  public init(output: [UInt8]?) { self.output = output }

  public static let fields: [Field<Self>] = [.init("output", \.output)]
}

/// The keys of an I/O tree.
enum IOKey: Equatable {
  case input(Hash)
  case output(Hash)
  case otherArtifact(Hash, UInt8)
  case tag([UInt8], Hash)

  static let artifactPrefix = UInt8(ascii: "T"), tagPrefix = UInt8(ascii: "E")

  /// Nil for a key of another kind.
  init?(_ key: [UInt8]) throws(IOTreeError) {
    switch key.first {
    case Self.artifactPrefix:
      guard key.count >= 34, let hash = Hash(key[1..<33]) else { throw .malformedKey }
      switch key[33] {
      case 1: self = .input(hash)
      case 2: self = .output(hash)
      default: self = .otherArtifact(hash, key[33])
      }
    case Self.tagPrefix:
      guard key.count >= 33, let hash = Hash(key[(key.count - 32)...]) else { throw .malformedKey }
      self = .tag(Array(key[1..<(key.count - 32)]), hash)
    default: return nil
    }
  }

  static func artifacts(_ hash: Hash) -> [UInt8] { [artifactPrefix] + hash.bytes }
  static func input(of hash: Hash) -> [UInt8] { artifacts(hash) + [1] }
  static func output(of hash: Hash) -> [UInt8] { artifacts(hash) + [2] }
  static func tag(_ key: [UInt8], of hash: Hash) -> [UInt8] { [tagPrefix] + key + hash.bytes }
}

/// Inputs, outputs and tags of one round in a tree that is built from the empty root (sheet 02 §6).
///
/// First all inputs go in and a commit yields the input root; then outputs and tags, and a second commit the I/O root.
public struct IOTree {
  /// How many keys iteration over a remote tree asks for at once.
  public static let prefetch: UInt16 = 20_000

  public let tree: Tree

  /// An I/O tree on a tree of type ``RootType/io``.
  public init(_ tree: Tree) { self.tree = tree }

  /// An empty one in memory.
  public init() { tree = Tree(type: .io) }

  // MARK: Writing

  /// Adds a transaction with its output (if it has one) and its tags.
  public func add(_ transaction: IOTransaction, tags: [(key: [UInt8], value: [UInt8])] = []) throws {
    guard !transaction.input.isEmpty else { throw IOTreeError.noInput }
    let hash = transaction.hash
    try tree.insert(
      IOKey.input(of: hash), InputArtifact(input: transaction.input, batchOrder: transaction.batchOrder).cbor())
    if let output = transaction.output { try tree.insert(IOKey.output(of: hash), OutputArtifact(output: output).cbor()) }
    for tag in tags { try tree.insert(IOKey.tag(tag.key, of: hash), tag.value) }
  }

  /// Adds output and tags of a transaction whose input is in the tree already; the input is not touched.
  public func addOutput(_ output: [UInt8], of hash: Hash, tags: [(key: [UInt8], value: [UInt8])] = []) throws {
    try tree.insert(IOKey.output(of: hash), OutputArtifact(output: output).cbor())
    for tag in tags { try tree.insert(IOKey.tag(tag.key, of: hash), tag.value) }
  }

  /// Adds tags of the block itself.
  public func addBlockTags(_ tags: [(key: [UInt8], value: [UInt8])]) throws {
    for tag in tags { try tree.insert(IOKey.tag(tag.key, of: .zero), tag.value) }
  }

  /// Hashes (and stores) what was added.
  public func commit(namespace: Namespace, version: UInt64) throws -> Commit {
    try tree.commit(namespace: namespace, version: version)
  }

  // MARK: Reading

  /// The inputs in batch order.
  /// - Parameters: limits on count and bytes of all inputs; 0 = none.
  public func inputBatch(maxTransactions: UInt64 = 0, maxBytes: UInt64 = 0) throws -> [[UInt8]] {
    var inputs: [InputArtifact] = []
    var bytes: UInt64 = 0
    try tree.forEach(prefix: [IOKey.artifactPrefix]) { key, value in
      guard case .input = try IOKey(key) else { return true }
      let artifact = try decodeInput(value)
      inputs.append(artifact)
      if maxTransactions > 0, inputs.count > maxTransactions { throw IOTreeError.tooManyTransactions(max: maxTransactions) }
      bytes += UInt64(artifact.input.count)
      if maxBytes > 0, bytes > maxBytes { throw IOTreeError.tooManyBytes(max: maxBytes) }
      return true
    }
    let ordered = stableOrder(inputs, \.batchOrder)
    for (index, artifact) in ordered.enumerated() where artifact.batchOrder != index {
      throw IOTreeError.inconsistentOrder(item: index, order: artifact.batchOrder)
    }
    return ordered.map(\.input)
  }

  /// All transactions in batch order.
  public func transactions() throws -> [IOTransaction] {
    var found: [IOTransaction] = []
    var current: Hash?
    try tree.forEach(prefix: [IOKey.artifactPrefix]) { key, value in
      switch try IOKey(key) {
      case .input(let hash):
        let artifact = try decodeInput(value)
        found.append(IOTransaction(input: artifact.input, batchOrder: artifact.batchOrder))
        current = hash
      case .output(let hash):
        guard hash == current, !found.isEmpty else { throw IOTreeError.malformedTree }
        found[found.count - 1].output = try decodeOutput(value)
      default: break
      }
      return true
    }
    return stableOrder(found, \.batchOrder)
  }

  /// One transaction.
  /// - Throws: ``IOTreeError/notFound`` where its input is not in the tree.
  public func transaction(_ hash: Hash) throws -> IOTransaction {
    var found: IOTransaction?
    try tree.forEach(prefix: IOKey.artifacts(hash)) { key, value in
      switch try IOKey(key) {
      case .input:
        let artifact = try decodeInput(value)
        found = IOTransaction(input: artifact.input, output: found?.output, batchOrder: artifact.batchOrder)
      case .output: if found != nil { found?.output = try decodeOutput(value) }
      default: break
      }
      return true
    }
    guard let found, !found.input.isEmpty else { throw IOTreeError.notFound }
    return found
  }

  /// Those of the named transactions that are in the tree.
  public func transactions(_ hashes: [Hash]) throws -> [Hash: IOTransaction] {
    try tree.prefetchPrefixes(hashes.map(IOKey.artifacts), limit: Self.prefetch)
    var found: [Hash: IOTransaction] = [:]
    for hash in hashes {
      do { found[hash] = try transaction(hash) } catch IOTreeError.notFound { continue }
    }
    return found
  }

  /// All tags, in key order.
  public func tags() throws -> [IOTag] {
    var found: [IOTag] = []
    try tree.forEach(prefix: [IOKey.tagPrefix]) { key, value in
      if case .tag(let tag, let hash) = try IOKey(key) { found.append(IOTag(key: tag, value: value, transaction: hash)) }
      return true
    }
    return found
  }

  /// The tags with exactly this key. As in the reference the search ends at the first entry of another tag, so that longer tags that
  /// sort in between hide entries (sheet 00, mkvs).
  public func tags(_ key: [UInt8]) throws -> [IOTag] {
    var found: [IOTag] = []
    try tree.forEach(prefix: [IOKey.tagPrefix] + key) { entry, value in
      guard case .tag(let tag, let hash) = try IOKey(entry), tag == key else { return false }
      found.append(IOTag(key: tag, value: value, transaction: hash))
      return true
    }
    return found
  }

  private func decodeInput(_ value: [UInt8]) throws(IOTreeError) -> InputArtifact {
    do throws(CBORError) { return try InputArtifact.decode(cbor: value) } catch { throw .malformedInput("\(error)") }
  }

  private func decodeOutput(_ value: [UInt8]) throws(IOTreeError) -> [UInt8]? {
    do throws(CBORError) { return try OutputArtifact.decode(cbor: value).output } catch { throw .malformedOutput("\(error)") }
  }

  private func stableOrder<T>(_ items: [T], _ order: (T) -> UInt32) -> [T] {
    items.enumerated().sorted { (order($0.element), $0.offset) < (order($1.element), $1.offset) }.map(\.element)
  }

  /// Checks the form of an I/O write log: only known keys, not too many artifacts, not too many bytes of inputs.
  public static func validate(_ log: WriteLog, maxTransactions: UInt64, maxBytes: UInt64) throws(IOTreeError) {
    var inputs: UInt64 = 0, outputs: UInt64 = 0, bytes: UInt64 = 0
    for entry in log {
      switch try IOKey(entry.key) {
      case .input:
        inputs += 1
        bytes += UInt64(entry.value?.count ?? 0)
      case .output: outputs += 1
      case .tag: break
      case .otherArtifact, nil: throw .invalidKeyFormat
      }
      guard inputs <= maxTransactions, outputs <= maxTransactions else { throw .tooManyArtifacts }
      guard bytes <= maxBytes else { throw .inputSetTooLarge }
    }
  }
}
