public import OasisCrypto
public import Wire

extension Registry {
  /// A question about the holder of a key at a height (sheet 04 §24).
  public struct IDQuery: WireMap, Hashable, Sendable {
    public var height: Int64 = 0
    public var id = PublicKey()
    public init() {}
    public init(height: Int64, id: PublicKey) {
      self.height = height
      self.id = id
    }
    public static let fields: [Field<Self>] = [.init("height", \.height), .init("id", \.id)]
  }

  /// A question about a runtime at a height.
  public struct NamespaceQuery: WireMap, Hashable, Sendable {
    public var height: Int64 = 0
    public var id = Namespace()
    public init() {}
    public init(height: Int64, id: Namespace) {
      self.height = height
      self.id = id
    }
    public static let fields: [Field<Self>] = [.init("height", \.height), .init("id", \.id)]
  }

  /// A question for a runtime's descriptor.
  public struct GetRuntimeQuery: WireMap, Hashable, Sendable {
    public var height: Int64 = 0
    public var id = Namespace()
    public var includeSuspended = false
    public init() {}
    public init(height: Int64, id: Namespace, includeSuspended: Bool = false) {
      self.height = height
      self.id = id
      self.includeSuspended = includeSuspended
    }
    public static let fields: [Field<Self>] = [
      .init("height", \.height), .init("id", \.id), .init("include_suspended", \.includeSuspended, .omitEmpty),
    ]
  }

  /// A question for all descriptors of runtimes.
  public struct GetRuntimesQuery: WireMap, Hashable, Sendable {
    public var height: Int64 = 0
    public var includeSuspended = false
    public init() {}
    public init(height: Int64, includeSuspended: Bool) {
      self.height = height
      self.includeSuspended = includeSuspended
    }
    public static let fields: [Field<Self>] = [.init("height", \.height), .init("include_suspended", \.includeSuspended)]
  }

  /// The node behind a CometBFT address (20 bytes).
  public struct ConsensusAddressQuery: WireMap, Hashable, Sendable {
    public var height: Int64 = 0
    public var address: [UInt8]?
    public init() {}
    public init(height: Int64, address: [UInt8]) {
      self.height = height
      self.address = address
    }
    public static let fields: [Field<Self>] = [.init("height", \.height), .init("address", \.address)]
  }
}
