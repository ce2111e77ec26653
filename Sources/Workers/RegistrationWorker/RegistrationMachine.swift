internal import OasisTypes

/// When to register, as a value. Rule: sheet 08 §C1.
///
/// Late outcomes and repeated triggers are expected: a trigger during an attempt starts another one after it.
struct RegistrationMachine {
  enum Event {
    /// A new epoch (the first one too). `startHeight` is its first height where known; `offset` is random in [0, delay).
    case epoch(Epoch, startHeight: Int64?, offset: Int64)
    case block(height: Int64)
    /// Our entity was registered or updated.
    case entityRegistered
    /// Some role became available or was renewed.
    case providersChanged
    case finished(success: Bool)
    /// The back-off of a failed first registration passed.
    case retry
  }

  enum Effect: Equatable {
    case register(epoch: Epoch)
    /// Send `retry` after a delay that grows: the first registration is tried for ever.
    case retryLater
    case initialRegistrationDone
  }

  /// Whether registrations are spread over the first blocks of an epoch.
  let isDelayed: Bool
  /// Whether there is a role and all of them are available; to be set before each event.
  var isReady = false
  private var epoch: Epoch?
  private var reregisterHeight: Int64?
  private var isRegistering = false
  private var isPending = false
  private var isFirst = true

  init(isDelayed: Bool) { self.isDelayed = isDelayed }

  mutating func handle(_ event: Event) -> [Effect] {
    switch event {
    case .epoch(let epoch, let startHeight, let offset):
      self.epoch = epoch
      if isDelayed, let startHeight {
        let (height, overflow) = startHeight.addingReportingOverflow(offset)
        reregisterHeight = overflow ? startHeight : height
        return []
      }
    case .block(let height):
      guard let due = reregisterHeight, height >= due else { return [] }
    case .entityRegistered, .providersChanged: break
    case .finished(let success):
      isRegistering = false
      if isPending { return trigger() + (success ? done() : []) }
      if success { return done() }
      return isFirst ? [.retryLater] : []
    case .retry:
      guard isFirst else { return [] }
    }
    return trigger()
  }

  private mutating func trigger() -> [Effect] {
    guard let epoch else { return [] }
    if isRegistering {
      isPending = true
      return []
    }
    (reregisterHeight, isPending) = (nil, false)
    guard isReady else { return [] }
    isRegistering = true
    return [.register(epoch: epoch)]
  }

  private mutating func done() -> [Effect] {
    defer { isFirst = false }
    return isFirst ? [.initialRegistrationDone] : []
  }
}
