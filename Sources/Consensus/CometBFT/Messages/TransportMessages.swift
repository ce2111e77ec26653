public import Protobuf

// Messages of the connection itself. Rule: engine sheet A9–A12.

/// The proof of a node's key in the secret connection's handshake.
public struct AuthSignatureMessage: ProtobufMessage, Hashable {
  public var publicKey = ConsensusKey()
  public var signature: [UInt8] = []
  public init() {}
  public static let fields: [ProtobufField<Self>] = [.init(1, "pub_key", \.publicKey), .init(2, "sig", \.signature)]
}

/// What a node says about itself on a fresh connection.
public struct NodeInfo: ProtobufMessage, Hashable {
  /// Versions that a peer speaks.
  public struct ProtocolVersion: ProtobufMessage, Hashable {
    public var p2p: UInt64 = 0
    public var block: UInt64 = 0
    public var app: UInt64 = 0
    public init() {}
    public static let fields: [ProtobufField<Self>] = [.init(1, "p2p", \.p2p), .init(2, "block", \.block), .init(3, "app", \.app)]
  }
  /// What else a peer says of itself.
  public struct Other: ProtobufMessage, Hashable {
    public var transactionIndex = ""
    public var rpcAddress = ""
    public init() {}
    public static let fields: [ProtobufField<Self>] = [.init(1, "tx_index", \.transactionIndex), .init(2, "rpc_address", \.rpcAddress)]
  }
  public var protocolVersion = ProtocolVersion()
  public var nodeID = ""
  public var listenAddress = ""
  public var network = ""
  public var version = ""
  public var channels: [UInt8] = []
  public var moniker = ""
  public var other = Other()
  public init() {}
  public static let fields: [ProtobufField<Self>] = [
    .init(1, "protocol_version", \.protocolVersion), .init(2, "default_node_id", \.nodeID), .init(3, "listen_addr", \.listenAddress),
    .init(4, "network", \.network), .init(5, "version", \.version), .init(6, "channels", \.channels), .init(7, "moniker", \.moniker),
    .init(8, "other", \.other),
  ]
}

/// A node's address as peers exchange it.
public struct PeerAddressMessage: ProtobufMessage, Hashable {
  public var id = ""
  public var ip = ""
  public var port: UInt32 = 0
  public init() {}
  public static let fields: [ProtobufField<Self>] = [.init(1, "id", \.id), .init(2, "ip", \.ip), .init(3, "port", \.port)]
}

/// Addresses of peers, channel 0x00.
public struct PeerExchangeMessage: ProtobufMessage, Hashable {
  /// Addresses that a peer knows.
  public struct Addresses: ProtobufMessage, Hashable {
    public var addresses: [PeerAddressMessage] = []
    public init() {}
    public static let fields: [ProtobufField<Self>] = [.init(1, "addrs", \.addresses)]
  }
  /// Which message it is.
  public enum Kind: Hashable, Sendable {
    case request(EmptyMessage)
    case addresses(Addresses)
  }
  public var kind: Kind?
  public init() {}
  public static let fields: [ProtobufField<Self>] = [
    .member(1, "pex_request", of: \.kind, Kind.request) { if case .request(let value) = $0 { value } else { nil } },
    .member(2, "pex_addrs", of: \.kind, Kind.addresses) { if case .addresses(let value) = $0 { value } else { nil } },
  ]
}

/// One packet of a connection that carries many channels.
public struct Packet: ProtobufMessage, Hashable {
  /// A piece of a message on one channel.
  public struct Message: ProtobufMessage, Hashable {
    public var channel: Int32 = 0
    public var isLast = false
    public var data: [UInt8] = []
    public init() {}
    public static let fields: [ProtobufField<Self>] = [
      .init(1, "channel_id", \.channel), .init(2, "eof", \.isLast), .init(3, "data", \.data),
    ]
  }
  /// Which message it is.
  public enum Kind: Hashable, Sendable {
    case ping(EmptyMessage)
    case pong(EmptyMessage)
    case message(Message)
  }
  public var kind: Kind?
  public init() {}
  public static let fields: [ProtobufField<Self>] = [
    .member(1, "packet_ping", of: \.kind, Kind.ping) { if case .ping(let value) = $0 { value } else { nil } },
    .member(2, "packet_pong", of: \.kind, Kind.pong) { if case .pong(let value) = $0 { value } else { nil } },
    .member(3, "packet_msg", of: \.kind, Kind.message) { if case .message(let value) = $0 { value } else { nil } },
  ]
}
