internal import Bytes
public import CometBFT
public import OasisCrypto
public import OasisTypes
internal import Wire

extension Registry.Event {
  /// The registry's events among those of a block or transaction, in order (sheet 04 §23).
  ///
  /// - Throws: if an event of the registry does not decode.
  public static func decode(_ events: [CometBFT.Event], height: Int64, transactionHash: Hash) throws -> [Registry.Event] {
    var found: [Registry.Event] = []
    for event in events where event.type == BlockEvent.type(of: RegistryService.name) {
      for attribute in event.attributes {
        var decoded = Registry.Event()
        decoded.height = height
        decoded.transactionHash = transactionHash
        func value<Value: WireValue>() throws -> Value { try Value.decode(eventAttribute: attribute.value) }
        switch attribute.key {
        case Registry.RuntimeStartedEvent.kind: decoded.runtimeStarted = try value()
        case Registry.RuntimeSuspendedEvent.kind: decoded.runtimeSuspended = try value()
        case Registry.EntityEvent.kind: decoded.entity = try value()
        case Registry.NodeEvent.kind: decoded.node = try value()
        case Registry.NodeUnfrozenEvent.kind: decoded.nodeUnfrozen = try value()
        default: continue
        }
        found.append(decoded)
      }
    }
    return found
  }
}

extension RootHash.Event {
  /// The root hash service's events among those of a block or transaction, in order (sheet 05 §C.21).
  ///
  /// - Throws: if an event of the service does not decode.
  public static func decode(_ events: [CometBFT.Event], height: Int64, transactionHash: Hash) throws -> [RootHash.Event] {
    var found: [RootHash.Event] = []
    for event in events where event.type == BlockEvent.type(of: RootHashService.name) {
      var decoded = RootHash.Event()
      decoded.height = height
      decoded.transactionHash = transactionHash
      for attribute in event.attributes {
        func value<Value: WireValue>() throws -> Value { try Value.decode(eventAttribute: attribute.value) }
        switch attribute.key {
        case "runtime_id":
          guard let id = Namespace(base64: attribute.value) else { throw AppError.uncoded("roothash: malformed runtime id in an event") }
          decoded.runtimeID = id
        case RootHash.ExecutorCommittedEvent.kind: decoded.executorCommitted = try value()
        case RootHash.ExecutionDiscrepancyDetectedEvent.kind: decoded.executionDiscrepancyDetected = try value()
        case RootHash.FinalizedEvent.kind: decoded.finalized = try value()
        case RootHash.InMessageProcessedEvent.kind: decoded.inMessageProcessed = try value()
        default: continue
        }
      }
      found.append(decoded)
    }
    return found
  }
}

extension WireValue {
  /// The value of an event's attribute: base64 of CBOR.
  static func decode(eventAttribute text: String) throws -> Self {
    guard let bytes = [UInt8](base64: text) else { throw AppError.uncoded("event: attribute is not base64") }
    do { return try Self.decode(cbor: bytes) } catch { throw AppError.uncoded("event: \(error)") }
  }
}
