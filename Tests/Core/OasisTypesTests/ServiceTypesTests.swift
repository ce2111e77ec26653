import Bytes
import OasisCrypto
import OasisTypes
import Testing
import Wire

@Suite("Governance, vault and key manager types") struct ServiceTypesTests {
  @Test func everyTypeHoldsTheCommonRules() {
    var problems = WireCheck.problems(Governance.Proposal.self) + WireCheck.problems(Governance.Genesis.self)
    problems += WireCheck.problems(Governance.ParameterChanges.self) + WireCheck.problems(Governance.Event.self)
    problems += WireCheck.problems(Vault.Genesis.self) + WireCheck.problems(Vault.Event.self) + WireCheck.problems(Vault.Parameters.self)
    problems += WireCheck.problems(KeyManager.Genesis.self, rounds: 20) + WireCheck.problems(KeyManager.Status.self)
    problems += WireCheck.problems(KeyManager.SignedInitResponse.self) + WireCheck.problems(KeyManager.SignedMasterSecret.self)
    problems += WireCheck.problems(Churp.Status.self) + WireCheck.problems(Upgrade.Pending.self)
    #expect(problems == [])
  }

  /// Sheet 06 B.3 and B.9.
  @Test func encodingsOfTheSheets() {
    let id = Namespace(hex: "c000000000000000fffffffffffffffffffffffffffffffffffffffffffffffe") ?? Namespace()
    #expect(
      KeyManager.Status(id: id).cbor().hex
        == "a66269645820c000000000000000fffffffffffffffffffffffffffffffffffffffffffffffe656e6f646573f666706f6c696379f668636865636b73756df66969735f736563757265f46e69735f696e697469616c697a6564f4"
    )
    #expect(KeyManager.SignedPolicy.checksumOfNone.hex == "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a")
    #expect(
      Vault.Parameters.enabledByUpgrade.cbor().hex
        == "a367656e61626c6564f5696761735f636f737473a3666372656174651927106d63616e63656c5f616374696f6e19138870617574686f72697a655f616374696f6e191388776d61785f617574686f726974795f6164647265737365731820"
    )
  }

  /// Sheet 06 C.7.
  @Test func withdrawPolicyCountsByInterval() {
    var state = Vault.AddressState()
    (state.withdrawPolicy.limitAmount, state.withdrawPolicy.limitInterval) = (100, 300)
    let steps: [(Int64, UInt64, Bool)] = [
      (5, 10, true), (6, 10, true), (10, 50, true), (50, 50, false), (51, 10, true), (200, 10, true), (310, 70, true), (350, 70, false),
      (400, 30, true), (402, 1, false), (405, 0, true), (599, 1, false), (600, 50, true),
    ]
    for (height, amount, allowed) in steps { #expect(state.authorize(Quantity(amount), height: height) == allowed, "height \(height)") }
  }

  @Test func pendingUpgradesAreThePassedOnesThatNobodyCancelled() {
    func proposal(_ id: UInt64, _ state: Governance.ProposalState, upgrade: Epoch? = nil, cancel: UInt64? = nil) -> Governance.Proposal {
      var proposal = Governance.Proposal()
      (proposal.id, proposal.state) = (id, state)
      proposal.content.upgrade = upgrade.map { epoch in
        var descriptor = Upgrade.Descriptor()
        descriptor.epoch = epoch
        return descriptor
      }
      proposal.content.cancelUpgrade = cancel.map { id in
        var cancel = Governance.CancelUpgrade()
        cancel.proposalID = id
        return cancel
      }
      return proposal
    }
    let proposals = [
      proposal(1, .passed, upgrade: 10), proposal(2, .passed, upgrade: 20), proposal(3, .rejected, upgrade: 30),
      proposal(4, .passed, upgrade: 5), proposal(5, .passed, cancel: 2), proposal(6, .rejected, cancel: 1),
    ]
    #expect(proposals.pendingUpgrades(at: 10).map(\.id) == [1])
  }
}

@Suite("Genesis document") struct GenesisDocumentTests {
  @Test func timesKeepTheirOffsetAndFraction() {
    for text in [
      "2019-11-27T12:38:04Z", "2019-11-27T14:38:04+02:00", "2019-11-27T07:08:04.5-05:30", "0001-01-01T00:00:00Z",
      "9999-12-31T23:59:59.999999999Z", "2024-02-29T00:00:00Z",
    ] {
      #expect(Timestamp(text: text)?.text == text)
    }
    #expect(Timestamp(text: "2019-11-27T12:38:04.0000000001Z")?.text == "2019-11-27T12:38:04Z")
    #expect(Timestamp(text: "2019-11-27T14:38:04+02:00")?.seconds == 1_574_858_284)
    for text in [
      "2019-11-27t12:38:04z", "2019-11-27 12:38:04Z", "2019-11-27T12:38:04", "2019-11-27T12:38:60Z", "2023-02-29T00:00:00Z",
      "2019-13-01T00:00:00Z", "", "2019-11-27T12:38:04.Z",
    ] {
      #expect(Timestamp(text: text) == nil, "\(text)")
    }
    #expect(Timestamp().cbor() == [0xf6])
    #expect(Timestamp(seconds: -2, nanoseconds: 500_000_000).text == "1969-12-31T23:59:58.5Z")
  }

  @Test func aDocumentHoldsTheCommonRules() { #expect(WireCheck.problems(GenesisDocument.self, rounds: 10) == []) }
}
