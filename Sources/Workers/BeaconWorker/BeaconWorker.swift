internal import Bytes
internal import ConsensusApp
public import ConsensusService
public import OasisCrypto
internal import OasisTypes
public import Telemetry

/// Submits this node's VRF proof once an epoch. Rule: sheet 08 §C8.
public actor BeaconWorker {
  private let backend: any ConsensusBackend
  private let submission: SubmissionManager
  private let node: any Signer
  private let vrf: any VRFProver
  private let log: Log
  private var machine = VRFProofMachine()

  private enum Signal {
    case update(ConsensusUpdate)
    case machine(VRFProofMachine.Event)
  }

  /// - Parameters:
  ///   - node: signs the transactions.
  ///   - vrf: the key that the registered descriptor names.
  public init(backend: any ConsensusBackend, submission: SubmissionManager, node: any Signer, vrf: any VRFProver, log: Log) {
    (self.backend, self.submission, self.node, self.vrf) = (backend, submission, node, vrf)
    self.log = log.module("worker/beacon")
  }

  /// Works until the task is cancelled; returns at once where the beacon uses no VRF.
  public func run() async throws {
    try await backend.waitSynced()
    guard try await backend.query(at: 0, { try BeaconState($0).parameters().isVRF }) else { return }
    let (signals, signal) = AsyncStream<Signal>.makeStream()
    let updates = await backend.updates()
    await withDiscardingTaskGroup { group in
      group.addTask {
        for await update in updates { signal.yield(.update(update)) }
        signal.finish()
      }
      for await next in signals {
        let event: VRFProofMachine.Event
        switch next {
        case .machine(let inner): event = inner
        case .update(let update):
          let key = node.publicKey
          let state = try? await backend.query(at: update.height) { try BeaconState($0).vrfState() }
          event = .block(height: update.height, state, isProven: state?.proofs[key] != nil)
        }
        for effect in machine.handle(event) { perform(effect, signal, &group) }
      }
    }
  }

  private func perform(_ effect: VRFProofMachine.Effect, _ signal: AsyncStream<Signal>.Continuation, _ group: inout DiscardingTaskGroup) {
    switch effect {
    case .prove(let epoch, let alpha):
      group.addTask { signal.yield(.machine(.finished(epoch, success: await self.prove(epoch, alpha)))) }
    case .retryLater(let epoch, let delay):
      group.addTask {
        if (try? await Task.sleep(for: delay)) != nil { signal.yield(.machine(.retry(epoch))) }
      }
    }
  }

  private func prove(_ epoch: Epoch, _ alpha: [UInt8]) async -> Bool {
    do {
      var body = VRFProve()
      (body.epoch, body.proof) = (epoch, try vrf.prove(alpha: alpha).bytes)
      try await submission.submit(VRFProve.method, body, signer: node)
      log.info("submitted VRF proof", ["epoch": epoch])
      return true
    } catch is CancellationError {  // the node stops
      return false
    } catch {
      log.error("failed to submit VRF proof", ["err": "\(error)", "epoch": epoch])
      return false
    }
  }
}
