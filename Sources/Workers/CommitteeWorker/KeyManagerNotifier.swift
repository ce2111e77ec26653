internal import Bytes
internal import CBOR
internal import ConsensusApp
public import ConsensusService
public import OasisTypes
public import RuntimeHost
public import RuntimeProtocol
public import Telemetry
internal import Wire

/// Keeps a runtime informed of its key manager: of the status that consensus holds, and of the quote policy. Rule: sheet 07 §C.9.
///
/// A runtime without key manager hears nothing.
public struct KeyManagerNotifier: Sendable {
  /// Calls the runtime, within a time limit.
  public typealias Call = @Sendable (Body, Duration) async throws -> Body

  private let runtimeID: Namespace
  private let backend: any ConsensusBackend
  private let starts: AsyncStream<RuntimeEvent>
  private let call: Call
  private let pause: Duration
  private let log: Log
  /// A runtime that lags behind the chain refuses what it cannot verify yet.
  private static let tries = 16

  /// - Parameters:
  ///   - events: of the runtime's host; whoever starts is told.
  ///   - pause: between two tries.
  public init(
    runtimeID: Namespace, backend: any ConsensusBackend, events: AsyncStream<RuntimeEvent>, call: @escaping Call,
    pause: Duration = .seconds(1), log: Log
  ) {
    (self.runtimeID, self.backend, starts, self.call, self.pause) = (runtimeID, backend, events, call, pause)
    self.log = log.module("runtime/notifier").with(["runtime_id": runtimeID.description])
  }

  /// Works until the task is cancelled.
  public func run() async {
    let (reasons, reason) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let updates = await backend.updates()
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        for await update in updates where update.isEpochChange || !update.events(KeyManager.StatusUpdate.self).isEmpty { reason.yield() }
        reason.finish()
      }
      group.addTask {
        for await event in starts {
          switch event {
          case .started, .configurationUpdated: reason.yield()
          case .failedToStart, .stopped: break
          }
        }
      }
      group.addTask { for await _ in reasons { await self.notify() } }
      await group.waitForAll()
    }
  }

  private struct News: Sendable {
    var status: KeyManager.Status
    var policy: QuotePolicy?
  }

  /// What there is to tell at the latest height; nil where there is no key manager.
  private func news() async throws -> News? {
    let id = runtimeID
    return try await backend.query(at: 0) { tree in
      let registry = RegistryState(tree)
      guard let manager = try registry.anyRuntime(id)?.keyManager, let status = try KeyManagerState(tree).status(manager) else {
        return nil
      }
      var news = News(status: status)
      if let descriptor = try registry.anyRuntime(manager), descriptor.teeHardware == .intelSGX,
        let deployment = descriptor.activeDeployment(at: try BeaconState(tree).epoch().epoch), let tee = deployment.tee
      {
        news.policy = try? SGXConstraints.decode(cbor: tee).policy
      }
      return news
    }
  }

  private func notify() async {
    var isStatusTold = false
    for attempt in 1...Self.tries {
      do {
        guard let news = try await news() else { return }
        if !isStatusTold {
          var request = RuntimeKeyManagerStatusUpdateRequest()
          request.status = news.status.raw()
          _ = try await call(.runtimeKeyManagerStatusUpdateRequest(request), .seconds(10))
          isStatusTold = true
        }
        if let policy = news.policy {
          var request = RuntimeKeyManagerQuotePolicyUpdateRequest()
          request.policy = policy
          _ = try await call(.runtimeKeyManagerQuotePolicyUpdateRequest(request), .seconds(10))
        }
        return
      } catch {
        if Task.isCancelled { return }
        log.debug("failed to tell the runtime of its key manager", ["err": "\(error)", "attempt": attempt])
        guard (try? await Task.sleep(for: pause)) != nil else { return }
      }
    }
    log.warn("the runtime does not take the status of its key manager", ["attempts": Self.tries])
  }
}
