internal import Bytes
internal import OasisCrypto
internal import OasisTypes
internal import Wire

/// Epochs and their randomness (sheet 05 part A).
public final class BeaconService: Service {
  public static let name = "000_beacon"
  public var name: String { Self.name }
  public var priority: Int64 { 100_000 }

  public init() {}

  public var methods: [Method] {
    [
      Method("beacon.SetEpoch") { context, body in
        try self.backend(context).setEpoch(context, body)
        return nil
      },
      Method(VRFProve.method) { context, body in
        try self.backend(context).prove(context, body)
        return nil
      },
    ]
  }

  public func initChain(_ context: Context, _ request: InitChainRequest) throws {
    let genesis: BeaconGenesis = try request.genesis.required("beacon")
    if let problem = genesis.parameters.problem { throw AppError.uncoded("beacon: sanity check failed: \(problem)") }
    guard genesis.base != EpochLimits.invalid else { throw AppError.uncoded("beacon: sanity check failed: starting epoch is invalid") }
    BeaconState.parameters.set(context.state, to: genesis.parameters)
    try backend(context).start(context, at: genesis.base)
  }

  public func beginBlock(_ context: Context) throws { try backend(context).beginBlock(context) }

  public func exportGenesis(_ state: StateTree, _ request: ExportRequest) throws -> [GenesisSection] {
    var genesis = BeaconGenesis()
    genesis.base = try BeaconState(state).epoch().epoch
    genesis.parameters = try BeaconState(state).parameters()
    return [GenesisSection("beacon", genesis)]
  }

  private func backend(_ context: Context) throws -> any BeaconBackend {
    let parameters = try BeaconState(context.state).parameters()
    if let vrf = parameters.vrf, parameters.isVRF {
      return VRFBeacon(parameters: vrf, isMock: parameters.debugMockBackend)
    }
    guard parameters.backend == BeaconParameters.insecureBackend else {
      throw StateError("unknown beacon backend \(parameters.backend)")
    }
    return InsecureBeacon(parameters: parameters.insecure ?? InsecureBeaconParameters(), isMock: parameters.debugMockBackend)
  }
}

/// Where epochs and randomness come from.
protocol BeaconBackend {
  /// InitChain.
  func start(_ context: Context, at epoch: Epoch) throws
  func beginBlock(_ context: Context) throws
  /// `beacon.SetEpoch`: the body is the CBOR of an epoch.
  func setEpoch(_ context: Context, _ body: [UInt8]) throws
  /// `beacon.VRFProve`.
  func prove(_ context: Context, _ body: [UInt8]) throws
}

extension BeaconBackend {
  /// Bytes that the block's proposer can predict but not choose freely: height, time and root of the last block (sheet 05 §A.4).
  func insecureEntropy(_ context: Context) -> [UInt8] {
    var hash = SHA3_256()
    hash.update(context.lastHeight.littleEndianBytes)
    hash.update(context.now.seconds.littleEndianBytes)
    if context.chain.hasCommitted, let root = context.chain.lastStateRoot { hash.update(root.bytes) }
    return hash.finish()
  }

  /// Writes the random value of an epoch that has begun, and emits it.
  func produceValue(_ context: Context, _ epoch: Epoch) throws {
    var hash = SHA3_256()
    hash.update(Array("EkB-tmnt".utf8))
    hash.update(insecureEntropy(context))
    hash.update(epoch.littleEndianBytes)
    let value = hash.finish()
    guard let stored = Hash(value) else { throw StateError("beacon value has \(value.count) bytes") }
    BeaconState.values.set(context.state, to: stored)
    context.emit(BeaconEvent(beacon: value))
  }

  /// The scheduled epoch if it begins at this height.
  func dueEpoch(_ context: Context, _ future: EpochTimeState) throws -> Epoch? {
    guard future.height >= context.height else {
      throw StateError("epoch \(future.epoch) was due at height \(future.height), now at \(context.height)")
    }
    return future.height == context.height ? future.epoch : nil
  }

  func decodeEpoch(_ body: [UInt8]) throws -> Epoch {
    try Epoch.decodeBody(body, malformed: .uncoded("beacon: malformed epoch"))
  }

  /// The next epoch after one; epochs end before the largest number.
  func next(_ epoch: Epoch) throws -> Epoch {
    guard let next = epoch.adding(checked: 1) else { throw StateError("no epoch follows \(epoch)") }
    return next
  }
}
