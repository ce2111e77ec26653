internal import ConsensusApp
public import ConsensusService
public import GRPC
public import OasisTypes
internal import Wire

/// Reads of the beacon: epochs and randomness. Rule: sheet 05 §A.11.
public struct BeaconAPI: APIService {
  private let backend: any ConsensusBackend
  private let baseEpoch: Epoch

  /// - Parameters:
  ///   - baseEpoch: the first epoch, as the genesis document says.
  public init(_ backend: any ConsensusBackend, baseEpoch: Epoch) { (self.backend, self.baseEpoch) = (backend, baseEpoch) }

  public var methods: [GRPCMethod] {
    let (table, backend, baseEpoch) = (MethodTable("Beacon"), backend, baseEpoch)
    return [
      table.tell("GetBaseEpoch") { baseEpoch },
      table.answer("GetEpoch") { (height: Int64) in try await backend.read(height) { try BeaconState($0).epoch().epoch } },
      table.answer("GetNextEpoch") { (height: Int64) in
        try await backend.read(height) { try BeaconState($0).futureEpoch()?.epoch ?? BeaconState($0).epoch().epoch }
      },
      table.answer("GetFutureEpoch") { (height: Int64) in try await backend.read(height) { try BeaconState($0).futureEpoch() } },
      table.answer("GetEpochBlock") { (epoch: Epoch) in try await firstHeight(of: epoch) },
      table.take("WaitEpoch") { (epoch: Epoch) in
        for await update in await backend.updates() where update.epoch >= epoch { return }
        throw CancellationError()
      },
      table.answer("GetBeacon") { (height: Int64) in try await backend.read(height) { try BeaconState($0).value() } },
      table.answer("StateToGenesis") { (height: Int64) in
        try await backend.read(height) { tree in
          var genesis = BeaconGenesis()
          (genesis.base, genesis.parameters) = (try BeaconState(tree).epoch().epoch, try BeaconState(tree).parameters())
          return genesis
        }
      },
      table.answer("ConsensusParameters") { (height: Int64) in
        do { return try await backend.read(height) { try BeaconState($0).parameters() } } catch {
          throw APIErrors.coded(error).wrapped("beacon: genesis query failed")
        }
      },
      table.stream("WatchEpochs") { (send: Sink<Epoch>) in
        var last: Epoch?
        for await update in await backend.updates() where update.epoch != last {
          last = update.epoch
          try await send(update.epoch)
        }
      },
    ]
  }

  /// The first height of an epoch, searched between the oldest and the newest state: 20 steps at most.
  private func firstHeight(of epoch: Epoch) async throws -> Int64 {
    func record(_ height: Int64) async throws -> EpochTimeState { try await backend.read(height) { try BeaconState($0).epoch() } }
    let current = try await record(0)
    if epoch == current.epoch { return current.height }
    if epoch == baseEpoch { return backend.initialHeight }
    let notFound = CodedError.uncoded("failed to find historic epoch")
    guard epoch > baseEpoch, epoch < current.epoch else { throw notFound }
    var (low, high) = (await backend.lastRetainedHeight(), await backend.latestHeight())
    for _ in 0..<20 where low <= high {
      let middle = low + (high - low) / 2
      let found = try await record(middle)
      if found.epoch == epoch { return found.height }
      if found.epoch < epoch { low = middle + 1 } else { high = min(middle, found.height) - 1 }
    }
    throw notFound
  }
}
