public import OasisTypes

/// An error with module and code, as transaction results carry it. The code of a failing transaction is part of the results hash.
///
/// Errors of other types count as module `unknown`, code 1 (see ``ResultCode``).
public typealias AppError = CodedError

/// Module, code and text under which an error appears outside.
public struct ResultCode: Hashable, Sendable {
  public var module: String
  public var code: UInt32
  public var message: String

  /// Whether the error has a code of its own.
  public var isCoded: Bool { module != CodedError.unknownModule }

  /// The code and module that a result carries for an error: its own, or `unknown` and 1.
  public init(of error: any Error) {
    switch error {
    case let error as AppError: (module, code, message) = (error.module, error.code, error.text)
    case let error as StopForUpgrade: (module, code, message) = ("upgrade", 1, error.description)
    default: (module, code, message) = ("unknown", 1, "\(error)")
    }
  }
}

extension Error {
  /// Whether the execution of the block must be given up: what failed is the node, not the transaction.
  public var isFatal: Bool { self is StateError || self is StopForUpgrade }
}

/// The node has to stop here for an upgrade (module `upgrade`, code 1).
public struct StopForUpgrade: Error, CustomStringConvertible {
  public init() {}
  public var description: String { "upgrade: reached upgrade epoch" }
}

/// Errors of the consensus layer itself (sheet 03 §6.2).
extension AppError {
  public static var noCommittedBlocks: AppError { AppError("consensus", 1, "consensus: no committed blocks") }
  public static var oversizedTransaction: AppError { AppError("consensus", 2, "consensus: oversized transaction") }
  public static var versionNotFound: AppError { AppError("consensus", 3, "consensus: version not found") }
  public static var unsupported: AppError { AppError("consensus", 4, "consensus: method not supported") }
  public static var duplicateTransaction: AppError { AppError("consensus", 5, "consensus: duplicate transaction") }
  public static var invalidConsensusArgument: AppError { AppError("consensus", 6, "consensus: invalid argument") }
  public static var invalidNonce: AppError { AppError("consensus/transaction", 1, "transaction: invalid nonce") }
  public static var insufficientFeeBalance: AppError {
    AppError("consensus/transaction", 2, "transaction: insufficient balance to pay fees")
  }
  public static var gasPriceTooLow: AppError { AppError("consensus/transaction", 3, "transaction: gas price too low") }
  public static var upgradePending: AppError { AppError("consensus/transaction", 4, "transaction: upgrade pending") }
}
