public import Wire

/// Upgrades of the consensus layer (sheet 06 D).
public enum Upgrade {
  /// Name of the service in error codes.
  public static let moduleName = "upgrade"
  /// The only version of descriptors.
  public static let descriptorVersion: UInt16 = 1
}

extension Upgrade {
  /// What is upgraded to, when, and by which handler (sheet 06 D.3).
  public struct Descriptor: WireMap, Hashable, Sendable {
    public var version: UInt16 = 0
    /// Name of the code that migrates the state: 3 to 32 bytes.
    public var handler = ""
    public var target = ProtocolVersions()
    public var epoch: Epoch = 0

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("v", \.version), .init("handler", \.handler), .init("target", \.target), .init("epoch", \.epoch),
    ]

    /// What is wrong with the descriptor, or nil.
    public var violation: String? {
      let (minimum, maximum) = (3, 32)
      guard version == descriptorVersion else {
        return "invalid upgrade descriptor version: \(version) (min: \(descriptorVersion) max: \(descriptorVersion))"
      }
      guard (minimum...maximum).contains(handler.utf8.count) else {
        return "invalid upgrade descriptor handler: invalid length: \(handler.utf8.count) (min: \(minimum) max: \(maximum))"
      }
      let versions = [
        ("Consensus", target.consensusProtocol), ("Runtime Host", target.runtimeHostProtocol),
        ("Runtime Committee", target.runtimeCommitteeProtocol),
      ]
      for (name, version) in versions where !version.isValid {
        return "invalid upgrade descriptor target version: invalid \(name) protocol version: invalid version: \(version)"
      }
      guard (1...EpochLimits.maximum).contains(epoch) else {
        return "invalid upgrade descriptor epoch: \(epoch) (min: 1 max: \(EpochLimits.maximum))"
      }
      return nil
    }

    /// Whether this program speaks the consensus protocol that the upgrade leads to.
    public var isCompatible: Bool { target.consensusProtocol.major == ProtocolVersions.current.consensusProtocol.major }
  }

  /// An upgrade that the node waits for or goes through; local to it (sheet 06 D.4).
  public struct Pending: WireMap, Hashable, Sendable {
    public var version: UInt16 = 0
    public var descriptor: Descriptor?
    /// 0 until the epoch is reached.
    public var upgradeHeight: Int64 = 0
    /// 0 none, 1 startup, 2 consensus.
    public var lastCompletedStage: UInt64 = 0

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("v", \.version), .init("descriptor", \.descriptor), .init("upgrade_height", \.upgradeHeight),
      .init("last_completed_stage", \.lastCompletedStage),
    ]
  }
}
