internal import Bytes
public import OasisCrypto
public import Wire

/// An epoch and the height of its first block. (Sheet 05 §A.1.)
public struct EpochTimeState: WireMap, Hashable, Sendable {
  public var epoch: Epoch = 0
  public var height: Int64 = 0

  public init() {}
  public init(epoch: Epoch, height: Int64) { (self.epoch, self.height) = (epoch, height) }

  public static let fields: [Field<Self>] = [.init("epoch", \.epoch), .init("height", \.height)]
}

/// The state of the VRF backend: what nodes prove over in this epoch, and the proofs so far. (Sheet 05 §A.1.)
public struct VRFState: WireMap, Hashable, Sendable {
  public var epoch: Epoch = 0
  /// The VRF input of this epoch.
  public var alpha: [UInt8] = []
  /// Proofs by node.
  public var proofs: [PublicKey: KeyedVRFProof] = [:]
  /// Whether alpha comes from enough proofs of the epoch before.
  public var isAlphaHighQuality = false
  /// Proofs are taken after this height.
  public var submitAfter: Int64 = 0
  public var previous: PreviousVRFState?

  public init() {}

  public static let fields: [Field<Self>] = [
    .init("epoch", \.epoch, .omitEmpty), .init("alpha", \.alpha, .omitEmpty), .init("pi", \.proofs, .omitEmpty),
    .init("alpha_hq", \.isAlphaHighQuality, .omitEmpty), .init("submit_after", \.submitAfter, .omitEmpty),
    .init("prev_state", \.previous, .omitEmpty),
  ]
}

/// What elections of an epoch use: the proofs of the epoch before.
public struct PreviousVRFState: WireMap, Hashable, Sendable {
  /// Proofs by node. Nil and empty differ on the wire.
  public var proofs: [PublicKey: KeyedVRFProof]?
  /// Whether the proofs are over an alpha of high quality.
  public var canElectCommittees = false

  public init() {}

  public static let fields: [Field<Self>] = [
    // A slip in the reference's declaration made the omission mark a part of the key.
    .init("pi.omitempty", \.proofs), .init("can_elect", \.canElectCommittees, .omitEmpty),
  ]
}

/// Body of `beacon.VRFProve`.
public struct VRFProve: WireMap, Hashable, Sendable {
  /// The method's name.
  public static let method = "beacon.VRFProve"

  public var epoch: Epoch = 0
  /// The proof, which must have 80 bytes. Nil and empty differ on the wire.
  public var proof: [UInt8]?

  public init() {}
  public init(epoch: Epoch, proof: VRFProof) { (self.epoch, self.proof) = (epoch, proof.bytes) }

  public static let fields: [Field<Self>] = [.init("epoch", \.epoch), .init("pi", \.proof)]
}

// MARK: - Events

/// A new epoch began.
public struct EpochEvent: WireMap, Hashable, Sendable {
  public var epoch: Epoch = 0

  public init() {}
  public init(epoch: Epoch) { self.epoch = epoch }

  public static let fields: [Field<Self>] = [.init("epoch", \.epoch, .omitEmpty)]
}

/// A new beacon value.
public struct BeaconEvent: WireMap, Hashable, Sendable {
  public var beacon: [UInt8] = []

  public init() {}
  public init(beacon: [UInt8]) { self.beacon = beacon }

  public static let fields: [Field<Self>] = [.init("beacon", \.beacon, .omitEmpty)]
}

/// A new VRF input.
public struct VRFEvent: WireMap, Hashable, Sendable {
  public var epoch: Epoch = 0
  public var alpha: [UInt8] = []
  public var submitAfter: Int64 = 0

  public init() {}
  public init(epoch: Epoch, alpha: [UInt8], submitAfter: Int64) {
    (self.epoch, self.alpha, self.submitAfter) = (epoch, alpha, submitAfter)
  }

  public static let fields: [Field<Self>] = [
    .init("epoch", \.epoch, .omitEmpty), .init("alpha", \.alpha, .omitEmpty), .init("submit_after", \.submitAfter),
  ]
}

extension CodedError {
  public static var beaconInvalidArgument: CodedError { CodedError("beacon", 1, "beacon: invalid argument") }
  public static var beaconNotAvailable: CodedError { CodedError("beacon", 2, "beacon: random beacon not available") }
}
