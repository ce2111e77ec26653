public import OasisTypes

/// Shares of a pool (sheet 04 §5): floor divisions, multiply before divide.
extension SharePool {
  /// The shares that a stake buys, rounded down; an empty pool sells them one to one.
  public func shares(forStake amount: Quantity) throws -> Quantity {
    if totalShares.isZero { return amount }
    if balance.isZero { throw AppError.stakingInvalidArgument }
    return try (amount * totalShares).divided(by: balance)
  }

  /// The stake that shares are worth, rounded down.
  public func stake(forShares shares: Quantity) throws -> Quantity {
    if shares.isZero || balance.isZero || totalShares.isZero { return Quantity() }
    return try (shares * balance).divided(by: totalShares)
  }

  /// Moves base units from `source` into the pool, shares for them to `shares`. Returns the new shares, which may be none.
  package mutating func deposit(_ amount: Quantity, from source: inout Quantity, shares: inout Quantity) throws -> Quantity {
    let new = try self.shares(forStake: amount)
    try balance.move(amount, from: &source)
    totalShares = totalShares + new
    shares = shares + new
    return new
  }

  /// Gives back `count` of `shares` and returns the base units for them.
  package mutating func withdraw(_ count: Quantity, shares: inout Quantity) throws -> Quantity {
    let amount = try stake(forShares: count)
    shares = try shares.subtracting(count)
    totalShares = try totalShares.subtracting(count)
    balance = try balance.subtracting(amount)
    return amount
  }
}
