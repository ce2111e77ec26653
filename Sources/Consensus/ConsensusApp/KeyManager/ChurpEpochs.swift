internal import OasisCrypto
internal import OasisTypes

/// CHURP at epoch changes (sheet 06 B.11).
extension KeyManagerService {
  func updateSchemes(_ context: Context, _ epoch: Epoch) throws {
    let state = KeyManagerState(context.state)
    for runtime in try RegistryState(context.state).activeRuntimes() {
      for var status in try state.churpStatuses(runtime.id) where !status.areHandoffsDisabled {
        if epoch == status.nextHandoff {
          if status.applications.count >= status.minimumApplicants { continue }
          status.resetHandoff(epoch)
        } else if epoch == status.nextHandoff &+ 1 {
          if !status.finalizeHandoff(epochChange: true) { status.resetHandoff(epoch) }
        } else {
          continue
        }
        state.setChurpStatus(status)
        context.emit(Churp.Updated(status))
      }
    }
  }
}

extension Churp.Status {
  /// Starts over: the handoff is due in the next epoch.
  mutating func resetHandoff(_ epoch: Epoch) { (nextHandoff, nextChecksum, applications) = (epoch &+ 1, nil, [:]) }

  /// Makes the nodes that reconstructed their shares the new committee. False if they are too few, or, within the epoch, not all.
  mutating func finalizeHandoff(epochChange: Bool) -> Bool {
    let members = applications.filter(\.value.reconstructed).keys.sorted()
    guard members.count >= minimumCommitteeSize, epochChange || members.count == applications.count else { return false }
    var next = Churp.handoffsDisabled
    // The guard looks at the last handoff and not at the next one, as in the reference; the sum may wrap.
    if handoff < Churp.handoffsDisabled - handoffInterval { next = nextHandoff &+ handoffInterval }
    if epochChange, handoffInterval == 1, next < Churp.handoffsDisabled { next += 1 }
    if next == Churp.handoffsDisabled { handoffInterval = 0 }
    (handoff, checksum, committee) = (nextHandoff, nextChecksum, members)
    (nextHandoff, nextChecksum, applications) = (next, nil, [:])
    return true
  }
}
