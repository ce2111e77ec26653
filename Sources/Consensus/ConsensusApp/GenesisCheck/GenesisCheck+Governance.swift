internal import OasisTypes

/// Proposals and votes of a document (sheet 01 §14.9 step 9).
extension GenesisCheck {
  func governance() throws(GenesisError) {
    let genesis = document.governance
    if let violation = genesis.parameters.violation { throw failure("governance: parameters", violation) }
    var deposits = Quantity()
    for proposal in genesis.proposals {
      try check(proposal)
      if proposal.state == .active { deposits += proposal.deposit }
    }
    try refuse(
      deposits != document.staking.governanceDeposits, "governance: proposals",
      "sum of active proposals deposits (\(deposits)) doesn't match governance deposit (\(document.staking.governanceDeposits))")
    for (proposal, entries) in genesis.voteEntries.sorted(by: { $0.key < $1.key }) {
      for entry in entries ?? [] {
        try refuse(entry.voter.isReserved, "governance: votes", "proposal \(proposal): invalid voter")
      }
    }
    try checkUpgrades()
  }

  private func check(_ proposal: Governance.Proposal) throws(GenesisError) {
    let epoch = document.beacon.base
    func refuse(_ condition: Bool, _ reason: String) throws(GenesisError) {
      try self.refuse(condition, "governance: proposals", "proposal \(proposal.id): \(reason)")
    }
    try refuse(proposal.createdAt > epoch, "with created epoch in the future")
    try refuse(proposal.submitter.isReserved, "invalid proposal submitter")
    guard proposal.state == .active else { return try refuse(proposal.closesAt > epoch, "closed proposal with future closing epoch") }
    try refuse(proposal.closesAt < epoch, "active proposal with past closing epoch")
    try refuse(!proposal.results.isEmpty, "active proposal with results")
    try refuse(proposal.invalidVotes != 0, "active proposal with non-zero invalid votes")
    try refuse(proposal.content.upgrade.map { $0.epoch < epoch } ?? false, "active proposal with past upgrade epoch")
  }

  private func checkUpgrades() throws(GenesisError) {
    let upgrades = document.governance.proposals.pendingUpgrades(at: document.beacon.base).compactMap(\.content.upgrade)
    let distance = document.governance.parameters.upgradeMinEpochDiff
    for (index, upgrade) in upgrades.enumerated() {
      if let violation = upgrade.violation {
        throw failure("governance: pending upgrades", "pending upgrade \(upgrade.handler): descriptor validation failure: \(violation)")
      }
      for other in upgrades[..<index] {
        let (first, second) = (min(upgrade.epoch, other.epoch), max(upgrade.epoch, other.epoch))
        try refuse(
          second - first < distance, "governance: pending upgrades",
          "pending upgrades not UpgradeMinEpochDiff(\(distance)) apart: \(first), \(second)")
      }
    }
  }
}
