internal import Bytes
internal import JSONText

/// A validator's key together with its signing state; signs nothing before the state is durable.
public final class ValidatorKey {
  private let signer: any ValidatorSigner
  private let path: String?
  package private(set) var state: SigningState
  public let address: [UInt8]

  /// Opens the signing state; a missing file is made. Moving a validator to another machine without this file risks that it signs
  /// twice.
  /// - Parameter path: the state's file (`oasis_priv_validator.json` on the network's nodes); nil keeps it in memory, for tests.
  public init(signer: any ValidatorSigner, path: String?) throws(SigningError) {
    (self.signer, self.path) = (signer, path)
    address = validatorAddress(ofKey: signer.publicKey)
    state = SigningState()
    guard let path else { return }
    if Files.exists(path) {
      let bytes: [UInt8]
      do { bytes = try Files.read(path) } catch { throw .state("\(error)") }
      state = try Self.decode(bytes, publicKey: signer.publicKey, path)
    } else {
      try save(state)
    }
  }

  /// A key that goes on from a state, kept in memory; for tests.
  package init(signer: any ValidatorSigner, state: SigningState) {
    (self.signer, path, self.state) = (signer, nil, state)
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
    try save(next)
    state = next
    return signature
  }

  // MARK: File

  private func save(_ state: SigningState) throws(SigningError) {
    guard let path else { return }
    do { try Files.replace(path, with: Self.encode(state, publicKey: signer.publicKey)) } catch { throw .state("\(error)") }
  }

  static func encode(_ state: SigningState, publicKey: [UInt8]) -> [UInt8] {
    var members: [JSONMember] = [
      JSONMember(key: "height", value: .integer(state.height)), JSONMember(key: "round", value: .integer(state.round)),
      JSONMember(key: "step", value: .integer(state.step)),
    ]
    if !state.signature.isEmpty { members.append(JSONMember(key: "signature", value: .string(state.signature.base64))) }
    if !state.signBytes.isEmpty { members.append(JSONMember(key: "signbytes", value: .string(state.signBytes.hex.uppercased()))) }
    members.append(JSONMember(key: "public_key", value: .string(publicKey.base64)))
    return Array(JSONValue.object(members).text().utf8)
  }

  static func decode(_ bytes: [UInt8], publicKey: [UInt8], _ path: String) throws(SigningError) -> SigningState {
    func refuse(_ reason: String) -> SigningError { .state("\(path): \(reason)") }
    let value: JSONValue
    do { value = try JSONValue(parsing: bytes, limits: .init(size: 1 << 16)) } catch { throw refuse("\(error)") }
    guard case .object = value else { throw refuse("not a JSON object") }
    func integer<T: FixedWidthInteger>(_ key: String) throws(SigningError) -> T {
      guard let member = value[key], !member.isNull else { return 0 }
      guard let number: T = member.integer() else { throw refuse("\(key) is not a number in range") }
      return number
    }
    func text(_ key: String) throws(SigningError) -> String? {
      guard let member = value[key], !member.isNull else { return nil }
      guard let text = member.string else { throw refuse("\(key) is not a text") }
      return text
    }
    var state = SigningState()
    (state.height, state.round, state.step) = (try integer("height"), try integer("round"), try integer("step"))
    guard state.height >= 0, state.round >= 0, state.step >= 0 else { throw refuse("height, round or step is negative") }
    if let text = try text("signature") {
      guard let signature = [UInt8](base64: text) else { throw refuse("signature is not base64") }
      state.signature = signature
    }
    if let text = try text("signbytes") {
      guard let signBytes = [UInt8](hex: text) else { throw refuse("signbytes is not hexadecimal") }
      state.signBytes = signBytes
    }
    guard let key = try text("public_key").flatMap({ [UInt8](base64: $0) }), key == publicKey else {
      throw refuse("belongs to another key")
    }
    return state
  }
}
