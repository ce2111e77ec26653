public import Protobuf

/// A step that the node has reached, for people who read the log.
public struct RoundStateRecord: ProtobufMessage, Hashable {
  public var height: Int64 = 0
  public var round: Int32 = 0
  public var step = ""
  public init() {}
  public init(height: Int64, round: Int32, step: String) { (self.height, self.round, self.step) = (height, round, step) }
  public static let fields: [ProtobufField<Self>] = [
    .init(1, "height", \.height), .init(2, "round", \.round), .init(3, "step", \.step),
  ]
}

/// A message that was handled, and from whom ("" for our own).
public struct MessageRecord: ProtobufMessage, Hashable {
  public var message = ConsensusMessage()
  public var peer = ""
  public init() {}
  public init(message: ConsensusMessage, peer: String) { (self.message, self.peer) = (message, peer) }
  public static let fields: [ProtobufField<Self>] = [.init(1, "msg", \.message), .init(2, "peer_id", \.peer)]
}

/// A timer that fires, or that is asked for.
public struct TimeoutInfo: ProtobufMessage, Hashable {
  public var duration = Nanoseconds()
  public var height: Int64 = 0
  public var round: Int32 = 0
  public var step: UInt32 = 0
  public init() {}
  public init(duration: Nanoseconds, height: Int64, round: Int32, step: ConsensusStep) {
    (self.duration, self.height, self.round, self.step) = (duration, height, round, UInt32(step.rawValue))
  }
  public static let fields: [ProtobufField<Self>] = [
    .init(1, "duration", \.duration), .init(2, "height", \.height), .init(3, "round", \.round), .init(4, "step", \.step),
  ]
}

/// Says that the block of a height is stored.
public struct EndHeightRecord: ProtobufMessage, Hashable {
  public var height: Int64 = 0
  public init() {}
  public init(height: Int64) { self.height = height }
  public static let fields: [ProtobufField<Self>] = [.init(1, "height", \.height)]
}

/// What the write-ahead log holds. Rule: engine sheet A15.1.
public struct WALMessage: ProtobufMessage, Hashable {
  /// Which record it is.
  public enum Kind: Hashable, Sendable {
    case roundState(RoundStateRecord)
    case message(MessageRecord)
    case timeout(TimeoutInfo)
    case endHeight(EndHeightRecord)
  }

  public var kind: Kind?
  public init() {}
  public init(_ kind: Kind) { self.kind = kind }

  public static let fields: [ProtobufField<Self>] = [
    .member(1, "event_data_round_state", of: \.kind, Kind.roundState) { if case .roundState(let value) = $0 { value } else { nil } },
    .member(2, "msg_info", of: \.kind, Kind.message) { if case .message(let value) = $0 { value } else { nil } },
    .member(3, "timeout_info", of: \.kind, Kind.timeout) { if case .timeout(let value) = $0 { value } else { nil } },
    .member(4, "end_height", of: \.kind, Kind.endHeight) { if case .endHeight(let value) = $0 { value } else { nil } },
  ]
}

/// A record of the write-ahead log with the moment it was written.
public struct TimedWALMessage: ProtobufMessage, Hashable {
  public var time = Timestamp()
  public var message: WALMessage?
  public init() {}
  public init(time: Timestamp, message: WALMessage) { (self.time, self.message) = (time, message) }
  public static let fields: [ProtobufField<Self>] = [.init(1, "time", \.time), .init(2, "msg", \.message)]
}
