internal import OasisCrypto
public import Wire

extension Registry {
  /// What the registry remembers about a node besides its descriptor (sheet 04 §16.5).
  public struct NodeStatus: WireMap, Hashable, Sendable {
    public var expirationProcessed = false
    /// First epoch in which the node can be unfrozen; 0 is not frozen, the largest epoch is for ever.
    public var freezeEndTime: Epoch = 0
    /// Committee elections consider the node in later epochs only.
    public var electionEligibleAfter: Epoch = 0
    /// Liveness faults per runtime.
    public var faults: [Namespace: Fault] = [:]

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("expiration_processed", \.expirationProcessed), .init("freeze_end_time", \.freezeEndTime),
      .init("election_eligible_after", \.electionEligibleAfter), .init("faults", \.faults, .omitEmpty),
    ]

    /// The status of a node that registers for the first time.
    public static var fresh: NodeStatus {
      var status = NodeStatus()
      status.electionEligibleAfter = .max
      return status
    }

    /// Whether the node may not be elected until it is unfrozen.
    public var isFrozen: Bool { freezeEndTime > 0 }

    /// Ends a freeze.
    public mutating func unfreeze() { freezeEndTime = 0 }

    /// Whether committees may take the node in an epoch.
    public func isEligibleForElection(at epoch: Epoch) -> Bool { epoch > electionEligibleAfter }

    /// True if the node may not be elected for the runtime: frozen, or suspended by faults.
    public func isSuspended(runtime: Namespace, at epoch: Epoch) -> Bool {
      if isFrozen { return true }
      guard let fault = faults[runtime], fault.suspendedUntil > 0 else { return false }
      return epoch < fault.suspendedUntil
    }

    /// Counts a failure; the node is suspended from the runtime for longer each time.
    public mutating func recordFailure(runtime: Namespace, at epoch: Epoch) {
      var fault = faults[runtime] ?? Fault()
      fault.failures &+= 1
      fault.reschedule(at: epoch)
      faults[runtime] = fault
    }

    /// Counts a success: a failure less.
    public mutating func recordSuccess(runtime: Namespace, at epoch: Epoch) {
      guard var fault = faults[runtime] else { return }
      if fault.failures > 0 { fault.failures -= 1 }
      fault.reschedule(at: epoch)
      faults[runtime] = fault.failures == 0 ? nil : fault
    }
  }

  /// Failures of a node in a runtime.
  public struct Fault: WireMap, Hashable, Sendable {
    public var failures: UInt8 = 0
    public var suspendedUntil: Epoch = 0

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("failures", \.failures, .omitEmpty), .init("suspended_until", \.suspendedUntil, .omitEmpty),
    ]

    /// Back-off of 2^failures epochs, at most 64.
    mutating func reschedule(at epoch: Epoch) {
      switch failures {
      case 0: suspendedUntil = 0
      case 1...6: suspendedUntil = epoch &+ (1 << UInt64(failures))
      default: suspendedUntil = epoch &+ 64
      }
    }
  }
}
