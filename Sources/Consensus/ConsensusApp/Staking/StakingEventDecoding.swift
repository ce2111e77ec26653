public import CometBFT
public import OasisCrypto
public import OasisTypes
internal import Wire

extension StakingEvent {
  /// The staking events among those of a block or transaction, in order (sheet 04 §14).
  ///
  /// - Throws: if an event of the service does not decode.
  public static func decode(_ events: [CometBFT.Event], height: Int64, transactionHash: Hash) throws -> [StakingEvent] {
    var found: [StakingEvent] = []
    for event in events where event.type == BlockEvent.type(of: StakingService.name) {
      for attribute in event.attributes {
        var decoded = StakingEvent()
        (decoded.height, decoded.transactionHash) = (height, transactionHash)
        func value<Value: WireValue>() throws -> Value { try Value.decode(eventAttribute: attribute.value) }
        func escrow<Value: WireValue>(_ part: WritableKeyPath<EscrowEvent, Value?>) throws {
          var escrow = EscrowEvent()
          escrow[keyPath: part] = try value()
          decoded.escrow = escrow
        }
        switch attribute.key {
        case TransferEvent.kind: decoded.transfer = try value()
        case BurnEvent.kind: decoded.burn = try value()
        case AllowanceChangeEvent.kind: decoded.allowanceChange = try value()
        case AddEscrowEvent.kind: try escrow(\.add)
        case TakeEscrowEvent.kind: try escrow(\.take)
        case DebondingStartEvent.kind: try escrow(\.debondingStart)
        case ReclaimEscrowEvent.kind: try escrow(\.reclaim)
        default: continue
        }
        found.append(decoded)
      }
    }
    return found
  }
}
