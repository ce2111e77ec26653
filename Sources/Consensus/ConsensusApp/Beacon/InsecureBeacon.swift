internal import Bytes
internal import OasisTypes

/// Epochs of fixed length, randomness from the last block (sheet 05 §A.5).
struct InsecureBeacon: BeaconBackend {
  let parameters: InsecureBeaconParameters
  /// Epochs change when a transaction says so.
  let isMock: Bool

  func start(_ context: Context, at epoch: Epoch) throws {
    // A mocked clock starts without any record, which reads as epoch 0.
    if isMock { return }
    EpochState.current.set(context.state, to: EpochTimeState(epoch: epoch, height: context.height))
    context.emit(EpochEvent(epoch: epoch))
    try scheduleNext(context, after: epoch)
  }

  func beginBlock(_ context: Context) throws {
    let state = BeaconState(context.state)
    guard let future = try state.futureEpoch(), let epoch = try dueEpoch(context, future) else { return }
    EpochState.current.set(context.state, to: EpochTimeState(epoch: epoch, height: context.height))
    EpochState.future.remove(context.state)
    if !isMock { try scheduleNext(context, after: epoch) }
    context.emit(EpochEvent(epoch: epoch))
    try produceValue(context, epoch)
  }

  /// Epochs begin at multiples of the interval, wherever the chain began.
  private func scheduleNext(_ context: Context, after epoch: Epoch) throws {
    let next = try next(epoch)
    guard let number = Int64(exactly: next), let height = number.multiplied(checked: parameters.interval) else {
      throw StateError("epoch \(next) has no height")
    }
    try BeaconState(context.state).schedule(next, at: height)
  }

  func setEpoch(_ context: Context, _ body: [UInt8]) throws {
    guard isMock else { throw AppError.uncoded("beacon: method unavailable: the backend is not mocked") }
    let state = BeaconState(context.state)
    let current = try state.epoch().epoch
    let epoch = try decodeEpoch(body)
    guard epoch > current else { throw AppError.uncoded("beacon: explicit epoch does not advance time") }
    try state.schedule(epoch, at: context.height + 1)
  }

  func prove(_ context: Context, _ body: [UInt8]) throws { throw AppError.uncoded("beacon: invalid method: \(VRFProve.method)") }
}
