public import Wire

/// A protocol or software version. (Sheet 01 §8.3.)
public struct Version: WireMap, Hashable, Sendable {
  public var major: UInt16 = 0
  public var minor: UInt16 = 0
  public var patch: UInt16 = 0

  public init() {}
  public init(_ major: UInt16, _ minor: UInt16 = 0, _ patch: UInt16 = 0) {
    (self.major, self.minor, self.patch) = (major, minor, patch)
  }

  public static let fields: [Field<Self>] = [
    .init("major", \.major, .omitEmpty), .init("minor", \.minor, .omitEmpty), .init("patch", \.patch, .omitEmpty),
  ]

  /// major << 32 | minor << 16 | patch.
  public var packed: UInt64 { UInt64(major) << 32 | UInt64(minor) << 16 | UInt64(patch) }

  /// The version packed into a number; bits beyond 48 are ignored.
  public init(packed: UInt64) {
    self.init(UInt16(truncatingIfNeeded: packed >> 32), UInt16(truncatingIfNeeded: packed >> 16), UInt16(truncatingIfNeeded: packed))
  }

  /// Whether it is anything but 0.0.0, as descriptors require.
  public var isValid: Bool { packed != 0 }

  /// The version of its major number alone.
  public var majorOnly: Version { Version(major) }

  /// Reads `1`, `1.2`, `1.2.3`; what follows a space, `-`, `+`, `rc`, `alpha` or `beta` is ignored.
  public init?(text: String) {
    var core = Array(text.utf8)[...]
    for end in [" ", "-", "+", "rc", "alpha", "beta"] {
      let end = Array(end.utf8)
      if let index = core.indices.first(where: { core[$0...].starts(with: end) }) { core = core[..<index] }
    }
    let parts = core.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).prefix(3)
    var numbers: [UInt16] = []
    for part in parts {
      guard !part.isEmpty, part.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt16(String(decoding: part, as: UTF8.self))
      else { return nil }
      numbers.append(number)
    }
    guard let major = numbers.first else { return nil }
    self.init(major, numbers.count > 1 ? numbers[1] : 0, numbers.count > 2 ? numbers[2] : 0)
  }
}

extension Version: Comparable, CustomStringConvertible {
  public static func < (left: Version, right: Version) -> Bool { left.packed < right.packed }
  public var description: String { "\(major).\(minor).\(patch)" }
}

/// The versions of all protocols that a node speaks. (Sheet 01 §8.3.)
public struct ProtocolVersions: WireMap, Hashable, Sendable {
  public var consensusProtocol = Version()
  public var runtimeHostProtocol = Version()
  public var runtimeCommitteeProtocol = Version()

  public init() {}
  public init(consensus: Version, runtimeHost: Version, runtimeCommittee: Version) {
    (consensusProtocol, runtimeHostProtocol, runtimeCommitteeProtocol) = (consensus, runtimeHost, runtimeCommittee)
  }

  public static let fields: [Field<Self>] = [
    .init("consensus_protocol", \.consensusProtocol), .init("runtime_host_protocol", \.runtimeHostProtocol),
    .init("runtime_committee_protocol", \.runtimeCommitteeProtocol),
  ]

  /// What this node speaks: the versions of oasis-core v26.1.
  public static let current = ProtocolVersions(
    consensus: Version(7), runtimeHost: Version(5, 1), runtimeCommittee: Version(5))

  /// The application version in CometBFT's blocks: the consensus protocol's major version, packed.
  public var cometBFTAppVersion: UInt64 { consensusProtocol.majorOnly.packed }

  /// Whether all protocols have the same major version.
  public func isCompatible(with other: ProtocolVersions) -> Bool {
    consensusProtocol.major == other.consensusProtocol.major && runtimeHostProtocol.major == other.runtimeHostProtocol.major
      && runtimeCommitteeProtocol.major == other.runtimeCommitteeProtocol.major
  }

  /// Whether none is 0.0.0.
  public var isValid: Bool { consensusProtocol.isValid && runtimeHostProtocol.isValid && runtimeCommitteeProtocol.isValid }
}

extension ProtocolVersions: CustomStringConvertible {
  public var description: String {
    "Consensus protocol: \(consensusProtocol), Runtime Host protocol: \(runtimeHostProtocol), "
      + "Runtime Committee protocol: \(runtimeCommitteeProtocol)"
  }
}

/// The number of an epoch.
public typealias Epoch = UInt64

/// Numbers of epochs with a meaning of their own. (Sheet 01 §8.4.)
public enum EpochLimits {
  /// No epoch.
  public static let invalid: Epoch = .max
  /// The last epoch.
  public static let maximum: Epoch = .max - 1
}
