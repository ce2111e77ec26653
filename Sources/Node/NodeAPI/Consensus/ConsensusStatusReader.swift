internal import Bytes
internal import CometBFT
internal import ConsensusApp
internal import ConsensusService
internal import MKVS
public import OasisCrypto
internal import OasisTypes
internal import Protobuf

/// Finds out how the consensus layer stands. Rule: sheet 03 §18, 09 §4.1.
public struct ConsensusStatusReader: Sendable {
  private let chain: any ChainAccess
  private let consensusKey: PublicKey
  private let features: Control.ConsensusFeatures
  private let network: (any ConsensusNetworkStatusSource)?

  /// - Parameters:
  ///   - consensusKey: this node's, to tell whether it is a validator.
  ///   - network: nil on nodes without CometBFT peers.
  public init(
    _ chain: any ChainAccess, consensusKey: PublicKey, features: Control.ConsensusFeatures = [.services, .fullNode],
    network: (any ConsensusNetworkStatusSource)?
  ) {
    (self.chain, self.consensusKey, self.features, self.network) = (chain, consensusKey, features, network)
  }

  /// The status now.
  public func read() async throws -> Control.ConsensusStatus {
    var status = Control.ConsensusStatus()
    status.status = await chain.isSynced() ? .ready : .syncing
    status.features = features.rawValue
    (status.chainContext, status.genesisHeight) = (chain.chainContext, chain.initialHeight)
    status.p2p = await network?.consensusNetworkStatus()
    let latest = await chain.latestHeight()
    if latest > 0 {
      let block = Consensus.Block(try await chain.block(at: latest))
      (status.latestHeight, status.latestHash, status.latestTime) = (block.height, block.hash, block.time)
      (status.latestStateRoot, status.latestBlockSize) = (block.stateRoot, block.size)
      status.latestEpoch = try await chain.query(at: latest) { try BeaconState($0).epoch().epoch }
    }
    status.lastRetainedHeight = max(await chain.lastRetainedHeight(), chain.initialHeight)
    status.lastRetainedHash = await hash(at: status.lastRetainedHeight)
    status.genesisHash = await hash(at: chain.initialHeight)
    let address = consensusKey.consensusAddress
    let validators = try? await chain.validators(at: max(latest + 1, chain.initialHeight))
    status.isValidator = validators?.validators.contains { $0.address == address } ?? false
    return status
  }

  /// Zero where the block is pruned.
  private func hash(at height: Int64) async -> Hash {
    guard let block = try? await chain.block(at: height) else { return Hash() }
    return Hash(block.header.hash()) ?? Hash()
  }
}
