public import KeyValueStore
internal import Protobuf
public import Telemetry

/// Evidence that waits for a block, and marks of what blocks had. Rule: engine sheet A16.
public final class EvidencePool {
  private let store: PrefixedStore
  private let states: StateStore
  private let blocks: BlockStore
  private let scheme: any SignatureScheme
  private let log: Log
  private var state: ChainState
  private var conflicts: [(Vote, Vote)] = []
  /// Pending evidence in the order of arrival, for peers.
  public private(set) var arrived: [Evidence] = []
  /// Pending evidence, whether it arrived by itself or in a block.
  public private(set) var count = 0
  private var pruneHeight: Int64 = 0
  private var pruneTime = Timestamp.zero

  /// Opens the pool: what expired meanwhile is dropped.
  public init(
    store: any KeyValueStore, prefix: [UInt8] = [], states: StateStore, blocks: BlockStore, state: ChainState,
    scheme: any SignatureScheme, log: Log
  ) throws(StorageError) {
    self.store = PrefixedStore(store: store, prefix: prefix)
    (self.states, self.blocks, self.state, self.scheme, self.log) = (states, blocks, state, scheme, log)
    try removeExpired()
    arrived = try stored(maxBytes: nil)
    count = arrived.count
  }

  // MARK: Taking evidence in

  /// Adds evidence from a peer or a user; what is known already is ignored.
  public func add(_ evidence: Evidence) throws(ValidationError) {
    if try isKnown(evidence) { return }
    try verify(evidence)
    try addPending(evidence)
    arrived.append(evidence)
  }

  /// Far more than honest networks see in a height; a validator that signs without end would fill the memory.
  static let conflictLimit = 1000

  /// Notes two votes that exclude each other; they become evidence after the next block.
  public func report(_ first: Vote, _ second: Vote) {
    guard conflicts.count < Self.conflictLimit else { return }
    conflicts.append((first, second))
  }

  /// Checks the evidence of a block; what is new and good becomes pending.
  public func check(_ list: [Evidence]) throws(ValidationError) {
    var seen: Set<[UInt8]> = []
    for evidence in list {
      var isAttack = false
      if case .lightClientAttack = evidence.kind { isAttack = true }
      let isPending = try has(.pending, evidence)
      if isAttack || !isPending {  // another attack may have the same hash
        guard try !has(.committed, evidence) else { throw ValidationError("evidence was committed already") }
        try verify(evidence)
        try addPending(evidence)
      }
      guard seen.insert(evidence.hash()).inserted else { throw ValidationError("the same evidence twice") }
    }
  }

  /// Whether evidence is older than both limits.
  package func isExpired(height: Int64, time: Timestamp) -> Bool {
    let limits = state.consensusParameters.evidence ?? .init()
    return state.lastBlockHeight - height > limits.maxAgeBlocks && state.lastBlockTime.since(time) > limits.maxAgeDuration
  }

  private func verify(_ evidence: Evidence) throws(ValidationError) {
    do {
      let height = evidence.height
      guard let meta = try blocks.meta(at: height) else { throw ValidationError("evidence: no header of height \(height)") }
      guard evidence.time == meta.header.time else { throw ValidationError("evidence: time is not that of block \(height)") }
      guard !isExpired(height: height, time: meta.header.time) else { throw ValidationError("evidence: from block \(height), expired") }
      let validators = try states.validators(at: height)
      switch evidence.kind {
      case .duplicateVote(let duplicate):
        try duplicate.verify(chainID: state.chainID, validators: validators, scheme: scheme)
      case .lightClientAttack(let attack):
        let common = try signedHeader(at: height)
        let conflicting = try attack.conflict().header.height
        var trusted = common
        if conflicting != height { trusted = try trustedHeader(for: conflicting) }
        try attack.verify(common: common.header, trusted: trusted, commonValidators: validators, scheme: scheme)
      case nil: throw ValidationError("evidence of no known kind")
      }
    } catch let error as ValidationError { throw error } catch { throw ValidationError("evidence: \(error)") }
  }

  /// Our header at a height, or our latest one. (The latest one's commit is stored with the block after it, so that a conflicting
  /// block above ours is always refused, as in the reference.)
  private func trustedHeader(for height: Int64) throws -> (header: Header, commit: Commit) {
    if let found = try? signedHeader(at: height) { return found }
    return try signedHeader(at: try blocks.height())
  }

  private func signedHeader(at height: Int64) throws -> (header: Header, commit: Commit) {
    guard let meta = try blocks.meta(at: height) else { throw ValidationError("evidence: no header of height \(height)") }
    guard let commit = try blocks.commit(at: height) else { throw ValidationError("evidence: no commit of height \(height)") }
    return (meta.header, commit)
  }

  // MARK: After a block

  /// Takes note of a block: conflicting votes become evidence, its evidence is done with, old evidence goes.
  package func update(_ next: ChainState, committed: [Evidence]) throws(StorageError) {
    try processConflicts(next)
    state = next
    try markCommitted(committed)
    if count > 0, next.lastBlockHeight > pruneHeight, next.lastBlockTime > pruneTime { try removeExpired() }
  }

  private func processConflicts(_ next: ChainState) throws(StorageError) {
    let pairs = conflicts
    conflicts = []
    for (first, second) in pairs {
      guard let evidence = try evidence(first, second, next) else {
        log.error("failed to make evidence of conflicting votes", ["height": first.height])
        continue
      }
      do {
        if try isKnown(evidence) { continue }
        try addPending(evidence)
        arrived.append(evidence)
      } catch { log.error("failed to add evidence of conflicting votes", ["height": first.height, "err": "\(error)"]) }
    }
  }

  private func evidence(_ first: Vote, _ second: Vote, _ next: ChainState) throws(StorageError) -> Evidence? {
    let height = first.height
    if height > next.lastBlockHeight { return nil }
    if height == next.lastBlockHeight {
      return DuplicateVoteEvidence(first, second, blockTime: next.lastBlockTime, validators: next.lastValidators)
        .map { Evidence(.duplicateVote($0)) }
    }
    guard let validators = try? states.validators(at: height), let meta = try blocks.meta(at: height) else { return nil }
    return DuplicateVoteEvidence(first, second, blockTime: meta.header.time, validators: validators).map { Evidence(.duplicateVote($0)) }
  }

  private func markCommitted(_ list: [Evidence]) throws(StorageError) {
    guard !list.isEmpty else { return }
    var batch = WriteBatch()
    for evidence in list {
      if (try? has(.pending, evidence)) == true { count -= 1 }
      batch.delete(key(.pending, evidence))
      var writer = ProtobufWriter()
      if evidence.height != 0 {
        writer.tag(1, .varint)
        evidence.height.write(to: &writer)
      }
      batch.put(key(.committed, evidence), writer.bytes)
    }
    try storing { () throws(StoreError) in try store.store.write(batch, sync: true) }
    let hashes = Set(list.map { $0.hash() })
    arrived.removeAll { hashes.contains($0.hash()) }
  }

  private func removeExpired() throws(StorageError) {
    let limits = state.consensusParameters.evidence ?? .init()
    var batch = WriteBatch()
    var gone: Set<[UInt8]> = []
    (pruneHeight, pruneTime) = (state.lastBlockHeight, state.lastBlockTime)
    try forEachPending { evidence in
      if !self.isExpired(height: evidence.height, time: evidence.time) {
        self.pruneHeight = evidence.height.addingReportingOverflow(limits.maxAgeBlocks &+ 1).partialValue
        self.pruneTime = evidence.time.adding(limits.maxAgeDuration).adding(.seconds(1))
        return false
      }
      batch.delete(self.key(.pending, evidence))
      gone.insert(evidence.hash())
      return true
    }
    count -= gone.count
    if !batch.isEmpty { try storing { () throws(StoreError) in try store.store.write(batch, sync: false) } }
    arrived.removeAll { gone.contains($0.hash()) }
  }

  // MARK: Storage

  private enum Kind: UInt8 { case committed = 0, pending = 1 }

  private func key(_ kind: Kind, _ evidence: Evidence) -> [UInt8] {
    func padded(_ text: String) -> String { String(repeating: "0", count: max(0, 16 - text.count)) + text }
    let height = padded(String(evidence.height, radix: 16, uppercase: true))
    return store.prefix + [kind.rawValue] + Array((height + "/" + lowerHex(evidence.hash()).uppercased()).utf8)
  }

  private func has(_ kind: Kind, _ evidence: Evidence) throws(ValidationError) -> Bool {
    do { return try store.store.has(key(kind, evidence)) } catch { throw ValidationError("evidence pool: \(error)") }
  }

  private func isKnown(_ evidence: Evidence) throws(ValidationError) -> Bool {
    if try has(.pending, evidence) { return true }
    return try has(.committed, evidence)
  }

  private func addPending(_ evidence: Evidence) throws(ValidationError) {
    do { try store.store.put(key(.pending, evidence), evidence.protobuf(), sync: true) } catch {
      throw ValidationError("evidence pool: \(error)")
    }
    count += 1
  }

  private func forEachPending(_ body: (Evidence) -> Bool) throws(StorageError) {
    try storing { () throws(StoreError) in
      let iterator = try store.store.iterator(prefix: store.prefix + [Kind.pending.rawValue])
      while let entry = try iterator.next() {
        guard let evidence = try? Evidence(protobuf: entry.value) else { continue }
        if !body(evidence) { return }
      }
    }
  }

  /// Pending evidence in the order of heights, as much as fits a list of `maxBytes`.
  public func pending(maxBytes: Int64) throws(StorageError) -> [Evidence] { try stored(maxBytes: maxBytes) }

  private func stored(maxBytes: Int64?) throws(StorageError) -> [Evidence] {
    var list: [Evidence] = []
    var size: Int64 = 0
    try forEachPending { evidence in
      let count = evidence.protobuf().count
      size += encodedSize(ofTransaction: count)  // a list costs the same per element
      if let maxBytes, size > maxBytes { return false }
      guard (try? evidence.validateBasic()) != nil else { return false }
      list.append(evidence)
      return true
    }
    return list
  }
}
