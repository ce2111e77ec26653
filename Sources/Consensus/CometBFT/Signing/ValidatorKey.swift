/// A validator's key together with its signing state; signs nothing before the state is durable.
public final class ValidatorKey {
  private let signer: any ValidatorSigner
  private let file: SigningStateFile?
  package private(set) var state: SigningState
  public let address: [UInt8]

  /// Opens the signing state; a missing file is made. Moving a validator to another machine without this file risks that it signs
  /// twice.
  /// - Parameter path: the state's file (`oasis_priv_validator.json` on the network's nodes); nil keeps it in memory, for tests.
  public init(signer: any ValidatorSigner, path: String?) throws(SigningError) {
    self.signer = signer
    address = validatorAddress(ofKey: signer.publicKey)
    file = path.map { SigningStateFile(path: $0, publicKey: signer.publicKey) }
    if let stored = try file?.load() {
      state = stored
    } else {
      state = SigningState()
      try file?.save(state)
    }
  }

  /// A key that goes on from a state, kept in memory; for tests.
  package init(signer: any ValidatorSigner, state: SigningState) {
    (self.signer, file, self.state) = (signer, nil, state)
    address = validatorAddress(ofKey: signer.publicKey)
  }

  /// Signs a vote. Comes back with an older time when the same vote was signed before.
  public func sign(_ vote: Vote, chainID: String) throws(SigningError) -> Vote {
    let step: Int8
    switch vote.type {
    case .prevote: step = 2
    case .precommit: step = 3
    default: throw .incomplete("unknown vote type \(vote.type.rawValue)")
    }
    let bytes = vote.signBytes(chainID: chainID)
    var signed = vote
    switch try state.verdict(height: vote.height, round: vote.round, step: step, signBytes: bytes, timeOf: SigningState.voteTime) {
    case .sign: signed.signature = try sign(bytes, vote.height, vote.round, step)
    case .repeated(let signature, let time): (signed.signature, signed.timestamp) = (signature, time)
    }
    return signed
  }

  /// Signs a proposal. Comes back with an older time when the same proposal was signed before.
  public func sign(_ proposal: Proposal, chainID: String) throws(SigningError) -> Proposal {
    let bytes = proposal.signBytes(chainID: chainID)
    var signed = proposal
    let verdict = try state.verdict(
      height: proposal.height, round: proposal.round, step: 1, signBytes: bytes, timeOf: SigningState.proposalTime)
    switch verdict {
    case .sign: signed.signature = try sign(bytes, proposal.height, proposal.round, 1)
    case .repeated(let signature, let time): (signed.signature, signed.timestamp) = (signature, time)
    }
    return signed
  }

  private func sign(_ bytes: [UInt8], _ height: Int64, _ round: Int32, _ step: Int8) throws(SigningError) -> [UInt8] {
    let signature: [UInt8]
    do { signature = try signer.sign(bytes) } catch { throw .signer("\(error)") }
    var next = SigningState()
    (next.height, next.round, next.step, next.signature, next.signBytes) = (height, round, step, signature, bytes)
    try file?.save(next)
    state = next
    return signature
  }

  /// Where the signing state is kept, for messages.
  var stateName: String { file?.path ?? "signing state" }

  /// Takes over what records of the log show as signed later than the state does: the state's file may have been lost or be an old copy.
  func learn(from records: [TimedWALMessage], chainID: String, scheme: any SignatureScheme) throws(SigningError) {
    var latest = state
    for record in records {
      guard case .message(let record) = record.message?.kind, record.peer.isEmpty,
        let signed = SigningState(signed: record.message, by: address, chainID: chainID), signed.isLater(than: latest),
        scheme.verify(SignedItem(publicKey: signer.publicKey, message: signed.signBytes, signature: signed.signature))
      else { continue }
      latest = signed
    }
    guard latest != state else { return }
    try file?.save(latest)
    state = latest
  }
}
