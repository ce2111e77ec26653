public import OasisTypes

/// The record of an epoch and its first height (keys 40 and 41, owned by the beacon service).
public typealias EpochRecord = EpochTimeState

/// The epoch as every service reads it (sheet 03 §4.1).
public enum EpochState {
  public static let current = StateMap<EpochRecord>(0x40)
  public static let future = StateMap<EpochRecord>(0x41)
}

extension Context {
  /// The current epoch; ``EpochState/invalid`` before the first commit. A transition due at this height counts already.
  public func currentEpoch() throws -> Epoch {
    guard chain.hasCommitted else { return EpochLimits.invalid }
    if let future = try EpochState.future.get(state), future.height == height { return future.epoch }
    return try EpochState.current.get(state)?.epoch ?? 0
  }

  /// The epoch that this block begins, nil if it stays the same. Never in the first two blocks.
  public func newEpoch() throws -> Epoch? {
    let (changed, epoch) = try epochChanged()
    return changed ? epoch : nil
  }

  /// Whether this block begins an epoch, and the epoch in this context's state.
  public func epochChanged() throws -> (changed: Bool, epoch: Epoch) {
    guard chain.hasCommitted else { return (false, EpochLimits.invalid) }
    let epoch = try EpochState.current.get(state)?.epoch ?? 0
    if chain.lastHeight == chain.initialHeight { return (false, epoch) }
    guard let last = chain.lastEpoch else { throw StateError("no epoch is known for height \(chain.lastHeight)") }
    return (last != epoch, epoch)
  }

  /// The epoch of key 40 in this context's state, whatever is scheduled: `GetEpoch(current height)` of the reference.
  public func epochInState() throws -> Epoch { try EpochState.current.get(state)?.epoch ?? 0 }
}
