import Bytes
import OasisCrypto
import RuntimeProtocol
import Testing

@testable import TransactionPool

private func transaction(_ sender: String, _ sequence: UInt64, priority: UInt64 = 0, tag: UInt8 = 0) -> PooledTransaction {
  var metadata = CheckTxMetadata()
  (metadata.sender, metadata.senderSequence, metadata.priority) = (Array(sender.utf8), sequence, priority)
  let bytes = Array("\(sender)/\(sequence)/\(priority)/\(tag)".utf8)
  return PooledTransaction(bytes: bytes, hash: Hash.digest(bytes), metadata: metadata)
}

private func names(_ batch: [PooledTransaction]) -> [String] { batch.map { String(decoding: $0.sender, as: UTF8.self) + "\($0.sequence)" } }

@Suite("Main queue (08 C3.4)") struct MainQueueTests {
  @Test func bestFirstThenTheSendersNext() throws {
    var queue = MainQueue(capacity: 10)
    try queue.add(transaction("a", 1, priority: 5), stateSequence: 0)
    try queue.add(transaction("a", 0, priority: 1), stateSequence: 0)
    try queue.add(transaction("b", 0, priority: 3), stateSequence: 0)
    try queue.add(transaction("b", 2, priority: 9), stateSequence: 0)
    #expect(names(queue.schedule(10)) == ["b0", "a0", "a1"])
    #expect(names(queue.schedule(2)) == ["b0", "a0"])
    #expect(names(queue.scheduleMore(10)) == ["a1"])
    #expect(queue.scheduleMore(10).isEmpty)
    // A gap closes within a session.
    try queue.add(transaction("b", 1), stateSequence: 0)
    #expect(names(queue.scheduleMore(10)) == ["b1", "b2"])
    #expect(names(queue.schedule(10)) == ["b0", "a0", "a1", "b1", "b2"])
  }

  @Test func sequencesOnlyGrow() throws {
    var queue = MainQueue(capacity: 10)
    for sequence in 3...6 { try queue.add(transaction("a", UInt64(sequence)), stateSequence: 3) }
    try queue.add(transaction("a", 9), stateSequence: 5)
    #expect(queue.count == 3)
    #expect(throws: PoolError.expired) { try queue.add(transaction("a", 4), stateSequence: 2) }
    #expect(names(queue.schedule(10)) == ["a5", "a6"])
    queue.used([transaction("a", 5).hash, transaction("x", 0).hash])
    #expect(names(queue.schedule(10)) == ["a6"])
    queue.used([transaction("a", 6).hash])
    #expect(queue.schedule(10).isEmpty)
    #expect(queue.count == 1)
  }

  @Test func replacements() throws {
    var queue = MainQueue(capacity: 10)
    try queue.add(transaction("a", 0, priority: 5), stateSequence: 0)
    #expect(throws: PoolError.replacementUnderpriced) { try queue.add(transaction("a", 0, priority: 5, tag: 1), stateSequence: 0) }
    try queue.add(transaction("a", 0, priority: 6), stateSequence: 0)
    #expect(queue.count == 1)
    #expect(queue.schedule(5) == [transaction("a", 0, priority: 6)])
  }

  @Test func theWorstIsEvicted() throws {
    var queue = MainQueue(capacity: 2)
    try queue.add(transaction("a", 0, priority: 5), stateSequence: 0)
    try queue.add(transaction("b", 0, priority: 3), stateSequence: 0)
    #expect(throws: PoolError.underpriced) { try queue.add(transaction("c", 0, priority: 3), stateSequence: 0) }
    try queue.add(transaction("d", 0, priority: 4), stateSequence: 0)
    #expect(names(queue.schedule(5)) == ["a0", "d0"])
  }

  @Test func refreshing() throws {
    var queue = MainQueue(capacity: 10)
    try queue.add(transaction("a", 0), stateSequence: 0)
    try queue.add(transaction("a", 1), stateSequence: 0)
    queue.refresh(transaction("a", 1), stateSequence: 1)
    #expect(names(queue.schedule(5)) == ["a1"])
    queue.remove(transaction("a", 1).hash)
    #expect(queue.count == 0 && queue.schedule(5).isEmpty)
  }

  @Test func sendersThatTheRuntimeDoesNotName() {
    let transaction = PooledTransaction(bytes: [1], hash: Hash.digest([1]), metadata: CheckTxMetadata())
    #expect(transaction.sender == Hash.digest([1]).bytes)
  }

  /// Against a slow model: after any operations a whole session gives what sorting would.
  @Test func model() throws {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<200 {
      var queue = MainQueue(capacity: 1000)
      var model: [String: [UInt64: PooledTransaction]] = [:]
      var next: [String: UInt64] = [:]
      for _ in 0..<60 {
        let sender = ["a", "b", "c"].randomElement(using: &random) ?? "a"
        let item = transaction(sender, UInt64.random(in: 0..<8), priority: UInt64.random(in: 0..<50))
        if Int.random(in: 0..<6) == 0 {
          guard let used = model[sender]?.values.randomElement() else { continue }
          queue.used([used.hash])
          next[sender] = used.sequence + 1
          model[sender] = model[sender]?.filter { $0.key > used.sequence }
          if model[sender]?.isEmpty ?? true { next[sender] = nil }
        } else if (try? queue.add(item, stateSequence: next[sender] ?? 0)) != nil {
          model[sender, default: [:]][item.sequence] = item
        }
        if Bool.random() { _ = queue.schedule(Int.random(in: 0..<4)) }
      }
      var expected: [PooledTransaction] = []
      while true {
        let heads = model.compactMap { sender, all in all[next[sender] ?? 0] }
        guard let best = heads.map(\.priority).max() else { break }
        let chosen = heads.filter { $0.priority == best }
        let ours = queue.schedule(expected.count + 1).last
        guard let ours, chosen.contains(ours) else {
          Issue.record("\(String(describing: ours)) is none of \(chosen)")
          return
        }
        expected.append(ours)
        let sender = String(decoding: ours.sender, as: UTF8.self)
        next[sender] = ours.sequence + 1
      }
      #expect(queue.schedule(1000) == expected)
    }
  }
}

@Suite("Other queues") struct OtherQueueTests {
  @Test func seenForgetsTheOldest() {
    var seen = SeenCache(capacity: 3)
    for index in 0..<5 { seen.note(Hash.digest([UInt8(index)]), published: nil) }
    #expect(seen.count == 3 && !seen.contains(Hash.digest([0])) && seen.contains(Hash.digest([4])))
    seen.note(Hash.digest([2]), published: .now)
    seen.note(Hash.digest([9]), published: nil)
    #expect(seen.contains(Hash.digest([2])) && !seen.contains(Hash.digest([3])))
    seen.remove(Hash.digest([2]))
    #expect(!seen.contains(Hash.digest([2])))
    for index in 0..<100_000 { seen.note(Hash.digest([UInt8(index % 3)]), published: nil) }
    #expect(seen.count <= 3)
  }

  @Test func checkQueueKeepsOrder() {
    var queue = CheckQueue(capacity: 4)
    func item(_ value: UInt8) -> PendingCheck { PendingCheck(bytes: [value], hash: Hash.digest([value])) }
    for value in 0..<4 as Range<UInt8> { queue.append(item(value)) }
    #expect(queue.isFull)
    let batch = queue.take(3, bytes: 100)
    #expect(queue.contains(Hash.digest([0])))
    queue.putBack(batch)
    #expect(queue.take(10, bytes: 100).map(\.bytes) == [[0], [1], [2], [3]])
    queue.finish(batch)
    #expect(!queue.contains(Hash.digest([0])) && queue.contains(Hash.digest([3])))
  }
}
