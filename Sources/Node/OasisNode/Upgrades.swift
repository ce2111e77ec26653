internal import ConsensusApp
internal import KeyValueStore
internal import NodeAPI
internal import OasisTypes
internal import Wire

/// The node's list of upgrades, kept in the common store. Rule: sheet 06 §D.4.
struct Upgrades: UpgradeControl {
  private static let key = Array("upgrade/pending".utf8)
  let manager: LocalUpgradeManager

  /// - Throws: if an upgrade that began needs another version of the node.
  init(store: any KeyValueStore) throws {
    let stored = try store.get(Self.key)
    manager = try LocalUpgradeManager(pending: try stored.map { try [Upgrade.Pending].decode(cbor: $0) } ?? []) { pending in
      var batch = WriteBatch()
      if pending.isEmpty { batch.delete(Self.key) } else { batch.put(Self.key, pending.cbor()) }
      try store.write(batch, sync: true)
    }
    try manager.startUp()
  }

  func pendingUpgrades() async throws -> [Upgrade.Pending] { manager.pending }
  func submit(_ upgrade: Upgrade.Descriptor) async throws { try manager.submit(upgrade) }
  func cancel(_ upgrade: Upgrade.Descriptor) async throws { try manager.cancel(upgrade) }
}
