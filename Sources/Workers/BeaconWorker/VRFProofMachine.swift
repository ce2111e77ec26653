internal import AsyncValues
internal import OasisTypes

/// When to prove the VRF, as a value. Rule: sheet 08 §C8.
///
/// Outcomes of an epoch that has passed are expected and do nothing.
struct VRFProofMachine {
  enum Event {
    /// The beacon's VRF state after a block; nil where there is none.
    case block(height: Int64, VRFState?, isProven: Bool)
    case finished(Epoch, success: Bool)
    case retry(Epoch)
  }

  enum Effect: Equatable {
    /// Prove this alpha and submit the proof for this epoch.
    case prove(Epoch, alpha: [UInt8])
    /// Send `retry` after this wait.
    case retryLater(Epoch, after: Duration)
  }

  private enum Phase: Equatable {
    case waiting
    case proving
    case backingOff
    case done
  }

  private var epoch: Epoch?
  private var phase = Phase.done
  private var backoff = Backoff(from: .seconds(1), to: .seconds(10))
  private var latest: (height: Int64, state: VRFState, isProven: Bool)?

  mutating func handle(_ event: Event) -> [Effect] {
    switch event {
    case .block(let height, let state, let isProven):
      guard let state else { return [] }
      latest = (height, state, isProven)
      if state.epoch != epoch {
        (epoch, phase) = (state.epoch, .waiting)
        backoff.reset()
      }
      return phase == .waiting ? proveIfDue() : []
    case .finished(let of, let success):
      guard of == epoch, phase == .proving else { return [] }
      if success {
        phase = .done
        return []
      }
      phase = .backingOff
      return [.retryLater(of, after: backoff.next())]
    case .retry(let of):
      guard of == epoch, phase == .backingOff else { return [] }
      return proveIfDue()
    }
  }

  private mutating func proveIfDue() -> [Effect] {
    guard let latest, latest.height >= latest.state.submitAfter else {
      phase = .waiting
      return []
    }
    if latest.isProven {
      phase = .done
      return []
    }
    phase = .proving
    return [.prove(latest.state.epoch, alpha: latest.state.alpha)]
  }
}
