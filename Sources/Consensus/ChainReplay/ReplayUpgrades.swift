internal import ConsensusApp
internal import OasisTypes

/// The upgrade manager of a node that its operator starts again at once whenever it stops for an upgrade.
final class ReplayUpgrades: UpgradeManager {
  private var manager: LocalUpgradeManager

  init(_ descriptors: [Upgrade.Descriptor]) throws {
    manager = try LocalUpgradeManager()
    for descriptor in descriptors { try manager.submit(descriptor) }
  }

  func consensusUpgrade(_ context: Context?, epoch: Epoch, height: Int64) throws {
    do { try manager.consensusUpgrade(context, epoch: epoch, height: height) } catch is StopForUpgrade {
      manager = try LocalUpgradeManager(pending: manager.pending)
      try manager.startUp()
      try manager.consensusUpgrade(context, epoch: epoch, height: height)
    }
  }

  func submit(descriptor: [UInt8]) throws { try manager.submit(descriptor: descriptor) }
  func cancel(descriptor: [UInt8]) throws { try manager.cancel(descriptor: descriptor) }
  func isReady(descriptor: [UInt8]) -> Bool { manager.isReady(descriptor: descriptor) }
  func isPending(after lastHeight: Int64) -> Bool { manager.isPending(after: lastHeight) }
}
