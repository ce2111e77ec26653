public import Wire

/// The commission that an account takes from rewards of its delegators, and the bounds it promises (sheet 04 §6).
public struct CommissionSchedule: WireMap, Hashable, Sendable {
  public var rates: [CommissionRateStep] = []
  public var bounds: [CommissionBoundStep] = []
  public init() {}
  public static let fields: [Field<Self>] = [.init("rates", \.rates, .omitEmpty), .init("bounds", \.bounds, .omitEmpty)]

  /// Whether nothing was ever set.
  public var isUnset: Bool { rates.isEmpty && bounds.isEmpty }
}

/// A rate that holds from an epoch on.
public struct CommissionRateStep: WireMap, Hashable, Sendable {
  public var start: Epoch = 0
  /// In 1/100,000.
  public var rate = Quantity()
  public init() {}
  public init(start: Epoch, rate: Quantity) { (self.start, self.rate) = (start, rate) }
  public static let fields: [Field<Self>] = [.init("start", \.start, .omitEmpty), .init("rate", \.rate, .omitEmptyInCBOR)]
}

/// Limits of the rate that hold from an epoch on.
public struct CommissionBoundStep: WireMap, Hashable, Sendable {
  public var start: Epoch = 0
  /// In 1/100,000.
  public var rateMin = Quantity()
  /// In 1/100,000.
  public var rateMax = Quantity()
  public init() {}
  public init(start: Epoch, rateMin: Quantity, rateMax: Quantity) {
    (self.start, self.rateMin, self.rateMax) = (start, rateMin, rateMax)
  }
  public static let fields: [Field<Self>] = [
    .init("start", \.start, .omitEmpty),
    .init("rate_min", \.rateMin, .omitEmptyInCBOR),
    .init("rate_max", \.rateMax, .omitEmptyInCBOR),
  ]
}

/// What commission schedules must keep to.
public struct CommissionScheduleRules: WireMap, Hashable, Sendable {
  /// Epochs; steps start at multiples of it.
  public var rateChangeInterval: Epoch = 0
  /// Epochs that a new bound must lie ahead.
  public var rateBoundLead: Epoch = 0
  public var maxRateSteps: UInt16 = 0
  public var maxBoundSteps: UInt16 = 0
  /// In 1/100,000.
  public var minCommissionRate = Quantity()
  public init() {}
  public static let fields: [Field<Self>] = [
    .init("rate_change_interval", \.rateChangeInterval, .omitEmpty),
    .init("rate_bound_lead", \.rateBoundLead, .omitEmpty),
    .init("max_rate_steps", \.maxRateSteps, .omitEmpty),
    .init("max_bound_steps", \.maxBoundSteps, .omitEmpty),
    .init("min_commission_rate", \.minCommissionRate),
  ]
}
