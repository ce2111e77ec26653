public import OasisTypes

/// Errors of staking (sheet 04 §0.2).
extension AppError {
  public static var stakingInvalidArgument: AppError { AppError("staking", 1, "staking: invalid argument") }
  public static var stakingInvalidSignature: AppError { AppError("staking", 2, "staking: invalid signature") }
  public static var insufficientBalance: AppError { AppError("staking", 3, "staking: insufficient balance") }
  public static var insufficientStake: AppError { AppError("staking", 4, "staking: insufficient stake") }
  public static var stakingForbidden: AppError { AppError("staking", 5, "staking: forbidden by policy") }
  public static var invalidThreshold: AppError { AppError("staking", 6, "staking: invalid threshold") }
  public static var tooManyAllowances: AppError { AppError("staking", 7, "staking: too many allowances") }
  public static var underMinDelegation: AppError {
    AppError("staking", 8, "staking: amount is lower than the minimum delegation amount")
  }
  public static var underMinTransfer: AppError { AppError("staking", 9, "staking: amount is lower than the minimum transfer amount") }
  public static var balanceTooLow: AppError { AppError("staking", 10, "staking: balance too low") }
  public static var allowanceGreaterThanSupply: AppError { AppError("staking", 11, "staking: allowance greater than total supply") }
}
