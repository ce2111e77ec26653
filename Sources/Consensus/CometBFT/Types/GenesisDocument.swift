/// What a chain starts from.
public struct GenesisDocument: Hashable, Sendable {
  /// A validator of the chain's start.
  public struct GenesisValidator: Hashable, Sendable {
    /// 32 bytes, Ed25519.
    public var publicKey: [UInt8]
    /// Above 0.
    public var power: Int64
    public var name: String
    public init(publicKey: [UInt8], power: Int64, name: String = "") {
      (self.publicKey, self.power, self.name) = (publicKey, power, name)
    }

    func validator() throws(ValidationError) -> Validator {
      guard publicKey.count == 32 else { throw ValidationError("genesis: validator key of \(publicKey.count) bytes") }
      return Validator(address: validatorAddress(ofKey: publicKey), publicKey: ConsensusKey(ed25519: publicKey), votingPower: power)
    }
  }

  public var time: Timestamp
  public var chainID: String
  public var initialHeight: Int64
  public var consensusParameters: ConsensusParameters
  public var validators: [GenesisValidator]
  public var appHash: [UInt8]
  /// JSON that only the application reads.
  public var appState: [UInt8]

  public init(
    time: Timestamp, chainID: String, initialHeight: Int64, consensusParameters: ConsensusParameters, validators: [GenesisValidator],
    appHash: [UInt8] = [], appState: [UInt8]
  ) {
    (self.time, self.chainID, self.initialHeight) = (time, chainID, initialHeight)
    (self.consensusParameters, self.validators) = (consensusParameters, validators)
    (self.appHash, self.appState) = (appHash, appState)
  }

  /// Checks the document by itself.
  public func validateBasic() throws(ValidationError) {
    guard !chainID.isEmpty, chainID.utf8.count <= Limits.chainIDLength else { throw ValidationError("genesis: chain ID '\(chainID)'") }
    guard initialHeight >= 1 else { throw ValidationError("genesis: initial height \(initialHeight)") }
    try within("genesis") { () throws(ValidationError) in try consensusParameters.validateBasic() }
    for validator in validators {
      guard validator.power > 0 else { throw ValidationError("genesis: validator \(validator.name) has power \(validator.power)") }
      _ = try validator.validator()
    }
  }
}
