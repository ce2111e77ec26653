public import OasisTypes
internal import Synchronization
internal import Wire

/// The node's own list of upgrades to come and under way (sheet 06 D.4). Safe to use from any thread.
public final class LocalUpgradeManager: UpgradeManager, Sendable {
  private struct State {
    var pending: [Upgrade.Pending]
    var mustStop = false
  }
  private let state: Mutex<State>
  /// Stores the list; an empty one is deleted.
  private let save: @Sendable ([Upgrade.Pending]) throws -> Void

  /// - Parameters:
  ///   - pending: the list as it was stored
  ///   - save: stores it after each change
  /// - Throws: if an upgrade that began needs another version of the node.
  public init(pending: [Upgrade.Pending] = [], save: @escaping @Sendable ([Upgrade.Pending]) throws -> Void = { _ in }) throws {
    for upgrade in pending where !upgrade.isCompleted && upgrade.upgradeHeight != 0 { try upgrade.checkRunnable() }
    state = Mutex(State(pending: pending))
    self.save = save
  }

  /// All upgrades that are not complete.
  public var pending: [Upgrade.Pending] { state.withLock { $0.pending } }

  /// The upgrade of a descriptor, or `upgrade`/7.
  public func pendingUpgrade(_ descriptor: Upgrade.Descriptor) throws -> Upgrade.Pending {
    guard let found = pending.first(where: { $0.descriptor == descriptor }) else { throw UpgradeError.notFound }
    return found
  }

  /// Takes an upgrade; equal ones only once.
  public func submit(_ descriptor: Upgrade.Descriptor) throws {
    try change { state in
      guard !state.pending.contains(where: { $0.descriptor == descriptor }) else { throw UpgradeError.alreadyPending }
      var upgrade = Upgrade.Pending()
      (upgrade.version, upgrade.descriptor) = (Upgrade.descriptorVersion, descriptor)
      state.pending.append(upgrade)
    }
  }

  /// Drops an upgrade that has not begun; an unknown one is no error.
  public func cancel(_ descriptor: Upgrade.Descriptor) throws {
    try change { state in
      guard !state.pending.contains(where: { $0.descriptor == descriptor && ($0.upgradeHeight != 0 || $0.lastCompletedStage != 0) }) else {
        throw UpgradeError.inProgress
      }
      state.pending.removeAll { $0.descriptor == descriptor }
    }
  }

  /// Runs the startup stage of upgrades that wait for it; call once at the node's start.
  public func startUp() throws {
    try change { state in
      for index in state.pending.indices where state.pending[index].upgradeHeight != 0 && state.pending[index].lastCompletedStage == 0 {
        try state.pending[index].checkRunnable()
        state.pending[index].lastCompletedStage = Upgrade.Stage.startup
      }
    }
  }

  private func change(_ body: (inout State) throws -> Void) throws {
    try state.withLock { state in
      try body(&state)
      state.pending.removeAll(where: \.isCompleted)
      try save(state.pending)
    }
  }

  // MARK: The application's side

  public func submit(descriptor: [UInt8]) throws { try submit(try decode(descriptor)) }
  public func cancel(descriptor: [UInt8]) throws { try cancel(try decode(descriptor)) }

  public func isReady(descriptor: [UInt8]) -> Bool {
    guard let descriptor = try? decode(descriptor) else { return false }
    return pending.contains { $0.descriptor == descriptor && $0.lastCompletedStage >= Upgrade.Stage.startup }
  }

  private func decode(_ bytes: [UInt8]) throws -> Upgrade.Descriptor {
    do { return try Upgrade.Descriptor.decode(cbor: bytes) } catch { throw UpgradeError.badDescriptor }
  }

  public func isPending(after lastHeight: Int64) -> Bool { isPending(at: lastHeight + 1) }

  /// Whether an unfinished upgrade began at a height.
  public func isPending(at height: Int64) -> Bool { pending.contains { !$0.isCompleted && $0.upgradeHeight == height } }

  public func consensusUpgrade(_ context: Context?, epoch: Epoch, height: Int64) throws {
    var handlers: [UpgradeHandler] = []
    var stops = false
    try state.withLock { state in
      if state.mustStop {
        stops = true
        return
      }
      let before = state.pending
      for index in state.pending.indices {
        guard let descriptor = state.pending[index].descriptor else { continue }
        let handler = UpgradeHandler.named(descriptor.handler)
        if state.pending[index].upgradeHeight == 0 {
          guard epoch != EpochLimits.invalid, epoch >= descriptor.epoch else { continue }  // invalid: the first block
          state.pending[index].upgradeHeight = height
          if !descriptor.isCompatible || handler?.hasStartupStage ?? true {
            (state.mustStop, stops) = (true, true)
            break
          }
          state.pending[index].lastCompletedStage = Upgrade.Stage.startup
        }
        if state.pending[index].upgradeHeight < height {
          state.pending[index].lastCompletedStage = Upgrade.Stage.consensus
        } else if state.pending[index].upgradeHeight > height {
          throw StateError("upgrade \(descriptor.handler) began at height \(state.pending[index].upgradeHeight), after \(height)")
        } else if !state.pending[index].isCompleted, context != nil, let handler {
          handlers.append(handler)
        }
      }
      state.pending.removeAll(where: \.isCompleted)
      if state.pending != before { try save(state.pending) }
    }
    if stops { throw StopForUpgrade() }
    if let context { for handler in handlers { try handler.migrate(context) } }
  }
}

extension Upgrade {
  enum Stage {
    static let startup: UInt64 = 1
    static let consensus: UInt64 = 2
  }
}

extension Upgrade.Pending {
  var isCompleted: Bool { lastCompletedStage >= Upgrade.Stage.consensus }

  /// - Throws: if this program cannot carry the upgrade out.
  func checkRunnable() throws {
    guard let descriptor else { throw UpgradeError.badDescriptor }
    guard descriptor.isCompatible else {
      let (own, required) = (ProtocolVersions.current.consensusProtocol, descriptor.target.consensusProtocol)
      throw AppError.uncoded("binary consensus version not compatible: own: \(own), required: \(required)")
    }
    guard UpgradeHandler.named(descriptor.handler) != nil else { throw AppError.uncoded("missing migration handler") }
  }
}

/// Errors of the upgrade manager (sheet 06 D.4).
public enum UpgradeError {
  public static let alreadyPending = AppError(
    Upgrade.moduleName, 5, "upgrade: submitted upgrade is already pending, can not resubmit descriptor")
  public static let inProgress = AppError(Upgrade.moduleName, 6, "upgrade: can not cancel upgrade in progress")
  public static let notFound = AppError(Upgrade.moduleName, 7, "upgrade: not found")
  public static let badDescriptor = AppError(Upgrade.moduleName, 8, "upgrade: bad descriptor")
}
