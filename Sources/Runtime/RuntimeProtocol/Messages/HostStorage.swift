public import MKVS
public import Wire

/// Whose storage is read.
public enum StorageEndpoint: UInt8, Hashable, Sendable {
  /// State and I/O trees of the runtime.
  case runtime = 0
  /// State of the consensus layer.
  case consensus = 1
}

/// Reads a tree with a proof (07 C.7, D.7): exactly one of the three requests is set.
public struct HostStorageSyncRequest: RuntimeProtocolMessage {
  public static let name = "HostStorageSyncRequest"
  public static let fields: [Field<Self>] = [
    .init("endpoint", \.rawEndpoint, .omitEmpty), .init("SyncGet", \.get, .omitEmpty), .init("SyncGetPrefixes", \.getPrefixes, .omitEmpty),
    .init("SyncIterate", \.iterate, .omitEmpty),
  ]

  var rawEndpoint: UInt8 = 0
  /// Whose tree; nil where a peer sent another number.
  public var endpoint: StorageEndpoint? { StorageEndpoint(rawValue: rawEndpoint) }
  /// One key.
  public var get: GetRequest?
  /// All keys with some prefixes.
  public var getPrefixes: GetPrefixesRequest?
  /// Keys from one on.
  public var iterate: IterateRequest?

  /// An empty request, to be filled.
  public init() {}

  /// An empty request to an endpoint.
  public init(endpoint: StorageEndpoint) { rawEndpoint = endpoint.rawValue }
}

/// The proof.
public struct HostStorageSyncResponse: RuntimeProtocolMessage {
  public static let name = "HostStorageSyncResponse"
  public static let fields: [Field<Self>] = [.init("ProofResponse", \.proof, .omitEmpty)]

  /// The proof, always there in a good answer.
  public var proof: ProofResponse?

  /// An empty answer, to be filled.
  public init() {}

  /// An answer.
  public init(_ proof: ProofResponse) { self.proof = proof }
}

/// Reads the runtime's untrusted local store.
public struct HostLocalStorageGetRequest: RuntimeProtocolMessage {
  public static let name = "HostLocalStorageGetRequest"
  public static let fields: [Field<Self>] = [.init("key", \.key)]

  /// The key, not empty for the main component.
  public var key: [UInt8]?

  /// An empty request, to be filled.
  public init() {}
}

/// The value.
public struct HostLocalStorageGetResponse: RuntimeProtocolMessage {
  public static let name = "HostLocalStorageGetResponse"
  public static let fields: [Field<Self>] = [.init("value", \.value)]

  /// The value, nil where there is none.
  public var value: [UInt8]?

  /// No value.
  public init() {}
}

/// Writes the runtime's untrusted local store.
public struct HostLocalStorageSetRequest: RuntimeProtocolMessage {
  public static let name = "HostLocalStorageSetRequest"
  public static let fields: [Field<Self>] = [.init("key", \.key), .init("value", \.value)]

  /// The key, not empty for the main component.
  public var key: [UInt8]?
  /// The value.
  public var value: [UInt8]?

  /// An empty request, to be filled.
  public init() {}
}
