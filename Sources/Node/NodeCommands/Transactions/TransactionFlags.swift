internal import CommandLineTool

/// Flags of commands that make a consensus transaction. Rule: sheet 09 §3.1.
enum TransactionFlags {
  static let nonce = Flag("transaction.nonce", default: UInt64(0), "nonce of the signing account")
  static let feeAmount = Flag("transaction.fee.amount", default: UInt64(0), "transaction fee in base units")
  static let feeGas = Flag("transaction.fee.gas", default: "0", "maximum transaction gas limit")
  static let file = Flag("transaction.file", default: "", "path to the transaction")
  static let unsigned = Flag("transaction.unsigned", default: false, "generate an unsigned transaction")
  static let assumeYes = Flag("assume_yes", short: "y", default: false, "automatically assume yes for all questions")

  static var all: [AnyFlag] {
    [nonce.any, feeAmount.any, feeGas.any, file.any, unsigned.any, assumeYes.any, Flags.genesisFile.any, Flags.testEntity.any]
      + Flags.signer + [Flags.signerDirectory.any]
  }
}
