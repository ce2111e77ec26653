internal import OasisTypes

/// Counts gas against a limit (sheet 03 §6.4).
public protocol GasAccountant: AnyObject {
  /// Charges `costs[operation] * multiplier`; an operation without a cost is free.
  ///
  /// - Throws: an uncoded error if the limit would be passed; then nothing is charged.
  func use(_ multiplier: UInt64, _ operation: String, _ costs: [String: UInt64]) throws
  /// The limit.
  var wanted: UInt64 { get }
  var used: UInt64 { get }
}

/// Charges nothing and knows no limit.
public final class FreeGas: GasAccountant {
  public init() {}
  public func use(_ multiplier: UInt64, _ operation: String, _ costs: [String: UInt64]) {}
  public var wanted: UInt64 { 0 }
  public var used: UInt64 { 0 }
}

/// Charges up to a limit.
public final class LimitedGas: GasAccountant {
  public let wanted: UInt64
  public private(set) var used: UInt64 = 0

  public init(limit: UInt64) { wanted = limit }

  public func use(_ multiplier: UInt64, _ operation: String, _ costs: [String: UInt64]) throws {
    guard let cost = costs[operation] else { return }
    let (sum, overflow) = used.addingReportingOverflow(cost &* multiplier)  // &*: the reference's product wraps too
    guard !overflow else { throw AppError.uncoded("gas: overflow") }
    guard sum <= wanted else { throw AppError.uncoded("gas: out of gas (limit: \(wanted) wanted: \(sum))") }
    used = sum
  }
}

/// Charges several accountants in turn; those before a failing one keep their charge. Its limit is that of the first, its use the largest.
public final class CompositeGas: GasAccountant {
  private let accountants: [any GasAccountant]

  public init(_ accountants: [any GasAccountant]) { self.accountants = accountants }

  public func use(_ multiplier: UInt64, _ operation: String, _ costs: [String: UInt64]) throws {
    for accountant in accountants { try accountant.use(multiplier, operation, costs) }
  }

  public var wanted: UInt64 { accountants.first?.wanted ?? 0 }
  public var used: UInt64 { accountants.map(\.used).max() ?? 0 }
}
