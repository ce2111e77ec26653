internal import ConsensusApp
public import ConsensusService
public import GRPC
internal import OasisCrypto
internal import OasisTypes

/// What tests may do to a node that allows it: move the epoch of a mock beacon, wait for nodes. Rule: sheet 09 §5.3.
public struct DebugControllerAPI: APIService {
  private let backend: any ConsensusBackend
  private let submission: SubmissionManager

  public init(_ backend: any ConsensusBackend, submission: SubmissionManager) {
    (self.backend, self.submission) = (backend, submission)
  }

  public var methods: [GRPCMethod] {
    let (table, backend) = (MethodTable("DebugController"), backend)
    return [
      table.take("SetEpoch") { (epoch: Epoch) in try await setEpoch(epoch) },
      table.take("WaitNodesRegistered") { (count: Int64) in
        for await update in await backend.updates() {
          let registered = try await backend.query(at: update.height) { try RegistryQueries($0).nodes()?.count ?? 0 }
          if registered >= count { return }
        }
        throw CancellationError()
      },
    ]
  }

  /// Returns once the epoch has begun.
  private func setEpoch(_ epoch: Epoch) async throws {
    do { try await submission.submit("beacon.SetEpoch", epoch, signer: TestKeys.mockEpoch) } catch {
      throw APIErrors.coded(error).wrapped("set epoch failed")
    }
    for await update in await backend.updates() where update.epoch >= epoch { return }
    throw CancellationError()
  }
}
