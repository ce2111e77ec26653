internal import Bytes
internal import CBOR
internal import CometBFT
internal import ConsensusApp
internal import ConsensusService
internal import OasisCrypto
internal import OasisTypes
internal import Wire

/// An event as a service's API gives it: where it happened, and one member set.
protocol APIEvent: WireValue {
  /// Full name of the service, such as `100_staking`.
  static var service: String { get }
  var height: Int64 { get set }
  var transactionHash: Hash { get set }
  /// Sets the member of an event's kind; false for kinds that the API does not show.
  mutating func set(kind: String, value: [UInt8]) throws -> Bool
  /// Takes attributes that stand beside the event's own.
  mutating func note(attribute: String, value: [UInt8])
}

extension APIEvent {
  mutating func note(attribute: String, value: [UInt8]) {}

  /// The events of the service among those of a block or a transaction; what does not decode is an error of this node.
  static func events(in events: [CometBFT.Event], height: Int64, transaction: Hash) throws -> [Self] {
    let type = BlockEvent.type(of: service)
    var found: [Self] = []
    for event in events where event.type == type {
      var decoded: Self?
      var beside: [(String, [UInt8])] = []
      for attribute in event.attributes {
        guard let value = [UInt8](base64: attribute.value) else { continue }
        var candidate = Self()
        (candidate.height, candidate.transactionHash) = (height, transaction)
        if try candidate.set(kind: attribute.key, value: value) {
          if let earlier = decoded { found.append(earlier) }
          decoded = candidate
        } else {
          beside.append((attribute.key, value))
        }
      }
      guard var event = decoded else { continue }
      for (key, value) in beside { event.note(attribute: key, value: value) }
      found.append(event)
    }
    return found
  }

  /// All events of a block: at its begin, of its transactions, at its end.
  static func events(of results: BlockResults, transactions: [[UInt8]], height: Int64) throws -> [Self] {
    var all = try events(in: results.begin.events, height: height, transaction: .empty)
    for (index, result) in results.transactions.enumerated() where index < transactions.count {
      all += try events(in: result.events, height: height, transaction: Hash.digest(transactions[index]))
    }
    return all + (try events(in: results.end.events, height: height, transaction: .empty))
  }
}

extension ConsensusBackend {
  /// The events of a service in the block of a height.
  func events<E: APIEvent>(_ height: Int64, _ type: E.Type = E.self) async throws -> [E]? {
    let (height, results) = try await storedResults(height)
    let block = try await block(at: height)
    return try E.events(of: results, transactions: block.data.transactions, height: height).nilIfEmpty
  }

  /// The events of a service as blocks are committed.
  func watchEvents<E: APIEvent>(_ type: E.Type = E.self, _ each: (E) async throws -> Void) async throws {
    try await follow { update in
      let block = try await block(at: update.height)
      for event in try E.events(of: update.results, transactions: block.data.transactions, height: update.height) {
        try await each(event)
      }
    }
  }
}

/// Decodes what an attribute holds.
func decodeEvent<Value: WireValue>(_ bytes: [UInt8], as type: Value.Type = Value.self) throws -> Value {
  try Value.decode(cbor: bytes, mode: .trusted)
}
