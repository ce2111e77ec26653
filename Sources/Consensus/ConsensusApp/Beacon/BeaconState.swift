internal import Bytes
internal import OasisCrypto
public import OasisTypes

/// The state of the beacon on one tree (sheet 05 §A.3). Epochs are in ``EpochState``.
public struct BeaconState {
  static let values = RawStateMap<Hash>(0x42)
  static let parameters = StateMap<BeaconParameters>(0x43)
  /// The epoch that a transaction asked for, with the VRF backend and a mocked clock.
  static let mockEpoch = StateMap<Epoch>(0x45)
  static let vrf = StateMap<VRFState>(0x46)

  public let tree: StateTree

  public init(_ tree: StateTree) { self.tree = tree }

  /// The random value of the current epoch: 32 bytes.
  ///
  /// - Throws: `beacon`/2 before the first one.
  public func value() throws -> [UInt8] {
    guard let value = try Self.values.get(tree) else { throw AppError.beaconNotAvailable }
    return value.bytes
  }

  /// The parameters; a state without them is damaged.
  public func parameters() throws -> BeaconParameters {
    guard let parameters = try Self.parameters.get(tree) else { throw StateError("beacon parameters are missing") }
    return parameters
  }

  /// The state of the VRF backend; nil before the first block and with another backend.
  public func vrfState() throws -> VRFState? { try Self.vrf.get(tree) }

  /// The epoch and the height of its first block; epoch 0 at height 0 if nothing was written.
  public func epoch() throws -> EpochTimeState { try EpochState.current.get(tree) ?? EpochTimeState() }

  /// The epoch that will begin, and when; nil if none is scheduled.
  public func futureEpoch() throws -> EpochTimeState? { try EpochState.future.get(tree) }

  /// Schedules an epoch.
  ///
  /// - Throws: an uncoded error if one is scheduled.
  func schedule(_ epoch: Epoch, at height: Int64) throws {
    guard try futureEpoch() == nil else { throw AppError.uncoded("beacon: future epoch already pending") }
    EpochState.future.set(tree, to: EpochTimeState(epoch: epoch, height: height))
  }
}

extension EpochEvent: ServiceEvent {
  public static var service: String { BeaconService.name }
  public static var kind: String { "epoch" }
}

extension BeaconEvent: ServiceEvent {
  public static var service: String { BeaconService.name }
  public static var kind: String { "beacon" }
}

extension VRFEvent: ServiceEvent {
  public static var service: String { BeaconService.name }
  public static var kind: String { "vrf" }
}
