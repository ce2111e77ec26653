internal import OasisTypes

/// Whether the node offers its compute role, as a value. Rule: sheet 08 §C4.6.
///
/// The role is available while the runtime runs and can be scheduled, has verified the chain, and its state in the consensus layer can be
/// read. Each start of the runtime renews the role, so that the node registers anew.
struct AvailabilityMachine {
  enum Event: Equatable {
    /// The runtime has started; what it says of itself must allow scheduling.
    case started(canSchedule: Bool)
    /// The runtime failed to start, or ended.
    case stopped
    /// The set of versions that run has changed.
    case versionsChanged
    /// The runtime has verified the chain since the start of that number.
    case trusted(start: UInt64)
    /// Whether the runtime's state was readable at the latest block.
    case stateReadable(Bool)
  }

  enum Effect: Equatable {
    /// Have the runtime verify the chain, until it has or ``cancelTrustSync`` comes.
    case synchronizeTrust(start: UInt64)
    case cancelTrustSync
    /// Offer the role, or renew the offer.
    case offer
    case withdraw
  }

  private(set) var isReady = false
  private(set) var isSynced = false
  private(set) var isStateReadable = false
  private var isOffered = false
  private var starts: UInt64 = 0

  /// What the status shows; an unreadable state has no word of its own.
  var availability: ExecutorWorker.Availability { !isReady ? .waitingForRuntime : !isSynced ? .waitingForTrustSync : .ready }

  private var isAvailable: Bool { isReady && isSynced && isStateReadable }

  mutating func handle(_ event: Event) -> [Effect] {
    var effects: [Effect] = []
    var isRenewed = false
    switch event {
    case .started(let canSchedule):
      starts += 1
      (isReady, isSynced, isRenewed) = (canSchedule, false, true)
      effects.append(.cancelTrustSync)
      if canSchedule { effects.append(.synchronizeTrust(start: starts)) }
    case .stopped:
      (isReady, isSynced, isRenewed) = (false, false, true)
      effects.append(.cancelTrustSync)
    case .versionsChanged: isRenewed = true
    case .trusted(let start):
      guard isReady, start == starts else { return [] }
      (isSynced, isRenewed) = (true, true)
    case .stateReadable(let isReadable): isStateReadable = isReadable
    }
    // Events of the host set the role anew in any case; blocks do so only where something changes.
    if isAvailable, isRenewed || !isOffered { effects.append(.offer) }
    if !isAvailable, isRenewed || isOffered { effects.append(.withdraw) }
    isOffered = isAvailable
    return effects
  }
}
