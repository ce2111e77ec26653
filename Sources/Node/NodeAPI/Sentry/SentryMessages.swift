public import OasisTypes
public import Wire

/// What the service `Sentry` speaks of (sheet 09 §5.4).
public enum Sentry {
  /// Where peers reach the nodes behind the sentry.
  public struct Addresses: WireMap, Hashable, Sendable {
    public var consensus: [ConsensusAddress]?
    public init() {}
    public init(consensus: [ConsensusAddress]) { self.consensus = consensus }
    public static let fields: [Field<Self>] = [.init("consensus", \.consensus)]
  }
}
