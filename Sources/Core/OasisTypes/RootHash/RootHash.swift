internal import OasisCrypto
internal import Wire

/// Data of the root hash service: ParaTime blocks, commitments, messages, parameters, genesis and events (sheet 05 part C).
public enum RootHash {
  /// Name of the service in error codes and governance proposals.
  public static let moduleName = "roothash"
  /// Module of errors about commitments.
  public static let commitmentModuleName = "roothash/commitment"

  /// Stands for the latest round in queries.
  public static let roundLatest = UInt64.max
  /// Never a round.
  public static let roundInvalid = UInt64.max - 1

  /// Names of the gas costs in the parameters.
  public enum GasOp {
    public static let computeCommit = "compute_commit"
    /// Nothing uses it any more.
    public static let proposerTimeout = "proposer_timeout"
    public static let evidence = "evidence"
    public static let submitMessage = "submit_msg"
  }

  /// Costs that `genesis init` writes: 1000 for every operation.
  public static let defaultGasCosts: [String: UInt64] = [
    GasOp.computeCommit: 1000, GasOp.proposerTimeout: 1000, GasOp.evidence: 1000, GasOp.submitMessage: 1000,
  ]
}
