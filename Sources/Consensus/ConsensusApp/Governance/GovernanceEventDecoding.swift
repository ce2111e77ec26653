public import CometBFT
public import OasisCrypto
public import OasisTypes
internal import Wire

extension Governance.Event {
  /// The governance events among those of a block or transaction, in order (sheet 06 A.10).
  ///
  /// - Throws: if an event of the service does not decode.
  public static func decode(_ events: [CometBFT.Event], height: Int64, transactionHash: Hash) throws -> [Governance.Event] {
    var found: [Governance.Event] = []
    for event in events where event.type == BlockEvent.type(of: GovernanceService.name) {
      for attribute in event.attributes {
        var decoded = Governance.Event()
        (decoded.height, decoded.transactionHash) = (height, transactionHash)
        func value<Value: WireValue>() throws -> Value { try Value.decode(eventAttribute: attribute.value) }
        switch attribute.key {
        case Governance.EventKind.proposalSubmitted: decoded.proposalSubmitted = try value()
        case Governance.EventKind.proposalExecuted: decoded.proposalExecuted = try value()
        case Governance.EventKind.proposalFinalized: decoded.proposalFinalized = try value()
        case Governance.EventKind.vote: decoded.vote = try value()
        default: continue
        }
        found.append(decoded)
      }
    }
    return found
  }
}
