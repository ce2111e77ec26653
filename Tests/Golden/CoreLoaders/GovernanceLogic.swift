internal import Bytes
internal import CBOR
internal import GoldenSupport
internal import JSONText
internal import OasisTypes
internal import Wire

/// The text of a failure, nil for success, against the recorded one.
private func compare(_ ours: String?, _ item: Case) throws {
  guard try item.bool("ok") else {
    try expectEqual(ours ?? "accepted", try item.text("error"), "error")
    return
  }
  try expectEqual(ours, nil, "error")
}

/// Kinds of governance, upgrades and vaults in `service-logic.jsonl`.
let governanceLogic: [String: LogicCheck] = [
  "proposal-content": { item in
    var content = try Governance.ProposalContent.decode(cbor: item.bytes("content"))
    // The recording checked the value that it then encoded: no changes at all are written as null, which reads back as one byte.
    if content.changeParameters?.changes == .null { content.changeParameters?.changes = RawCBOR() }
    do throws(CodedError) {
      try content.check(allowMetadata: item.flag("allow_proposal_metadata"))
    } catch {
      try expectEqual(error.module, try item.text("module"), "module")
      try expectEqual(error.code, try item.integer("code"), "code")
      return try compare(error.text, item)
    }
    try compare(nil, item)
  },
  "upgrade-descriptor": { item in
    let descriptor = try Upgrade.Descriptor.decode(cbor: item.bytes("descriptor"))
    try compare(descriptor.violation, item)
    try expectEqual(descriptor.isCompatible, !item.has("compatible_error"), "compatible")
  },
  "authority": { item in
    let authority = try Vault.Authority.decode(cbor: item.bytes("authority"))
    try compare(authority.violation(of: try .decode(cbor: item.bytes("params"))), item)
    for verification in try item.cases("verify") {
      let signers = try verification.byteList("signers").compactMap { Address($0) }
      try expectEqual(authority.isSatisfied(by: signers), try verification.bool("verified"), "satisfied")
    }
  },
  "vault-action": { item in
    let action = try Vault.Action.decode(cbor: item.bytes("action"))
    try compare(action.violation(of: try .decode(cbor: item.bytes("params"))), item)
  },
  "withdraw-policy": { item in
    var state = try Vault.AddressState.decode(cbor: item.bytes("state"))
    for step in try item.cases("steps") {
      if step.has("update_policy") {
        state.update(policy: try .decode(cbor: step.bytes("update_policy")))
      } else {
        guard let amount = Quantity(text: try step.text("amount")) else { throw GoldenError("amount") }
        try expectEqual(state.authorize(amount, height: try step.integer("height")), try step.bool("authorized"), "authorized")
      }
      try expectEqual(state.cbor().hex, try step.text("state"), "state")
    }
  },
]
