internal import CBOR
internal import JSONText
public import OasisCrypto
public import Wire

extension Registry {
  /// A runtime descriptor, version 3 (sheet 04 §16.3): also the body of `registry.RegisterRuntime`.
  public struct Runtime: WireMap, Hashable, Sendable {
    /// The version written by this program.
    public static let latestVersion: UInt16 = 3

    public var version: UInt16 = 0
    public var id = Namespace()
    public var entityID = PublicKey()
    public var genesis = RuntimeGenesis()
    public var kind = RuntimeKind.invalid
    public var teeHardware = TEEHardware.none
    public var keyManager: Namespace?
    public var executor = ExecutorParameters()
    public var transactionScheduler = TransactionSchedulerParameters()
    public var storage = StorageParameters()
    public var admissionPolicy = AdmissionPolicy()
    /// Per committee kind and role; a list of roles that is nil is written as null.
    public var constraints: [CommitteeKind: [CommitteeRole: SchedulingConstraints]?] = [:]
    public var staking = RuntimeStakingParameters()
    public var governanceModel = GovernanceModel.invalid
    /// Deployed and future versions; a null entry decodes and is refused by verification.
    public var deployments: [VersionInfo?] = []

    public init() {}

    public static let fields: [Field<Self>] = [
      .init("v", \.version), .init("id", \.id), .init("entity_id", \.entityID), .init("genesis", \.genesis), .init("kind", \.kind),
      .init("tee_hardware", \.teeHardware), .init("key_manager", \.keyManager, .omitEmpty), .init("executor", \.executor),
      .init("txn_scheduler", \.transactionScheduler, .omitEmptyInCBOR), .init("storage", \.storage),
      .init("admission_policy", \.admissionPolicy), .init("constraints", \.constraints, .omitEmpty),
      .init("staking", \.staking, .omitEmptyInCBOR), .init("governance_model", \.governanceModel),
      .init("deployments", \.deployments, .omitEmpty),
    ]

    /// True for a runtime that executes transactions in committees.
    public var isCompute: Bool { kind == .compute }

    /// The account whose stake and consent the runtime depends on; nil with consensus governance (sheet 04 §16.3).
    public var stakingAddress: Address? {
      switch governanceModel {
      case .entity: Address(entityID)
      case .runtime: Address(runtime: id)
      default: nil
      }
    }

    /// The constraints for a role in a kind of committee.
    public func constraints(_ kind: CommitteeKind, _ role: CommitteeRole) -> SchedulingConstraints? { (constraints[kind] ?? nil)?[role] }

    /// The deployment in force: the largest `validFrom` not after `epoch`; the first of equals.
    public func activeDeployment(at epoch: Epoch) -> VersionInfo? {
      var active: VersionInfo?
      for case let deployment? in deployments where deployment.validFrom <= epoch {
        if let known = active, known.validFrom >= deployment.validFrom { continue }
        active = deployment
      }
      return active
    }

    /// The next deployment after `epoch`: the smallest `validFrom`; the last of equals.
    public func nextDeployment(after epoch: Epoch) -> VersionInfo? {
      var next: VersionInfo?
      for case let deployment? in deployments where deployment.validFrom > epoch {
        if let known = next, known.validFrom < deployment.validFrom { continue }
        next = deployment
      }
      return next
    }

    /// The deployment of a version.
    public func deployment(of version: Version) -> VersionInfo? {
      for case let deployment? in deployments where deployment.version == version { return deployment }
      return nil
    }
  }

  /// State and round that a runtime starts from.
  public struct RuntimeGenesis: WireMap, Hashable, Sendable {
    public var stateRoot = Hash()
    public var round: UInt64 = 0
    public init() {}
    public static let fields: [Field<Self>] = [.init("state_root", \.stateRoot), .init("round", \.round)]
  }

  /// One version of a runtime.
  public struct VersionInfo: WireMap, Hashable, Sendable {
    public var version = Version()
    /// First epoch of the deployment.
    public var validFrom: Epoch = 0
    /// SGX constraints as CBOR, for runtimes with TEE hardware. Absent and empty differ in validation.
    public var tee: [UInt8]?
    /// SHA-256 of the bundle, or none.
    public var bundleChecksum: [UInt8]?

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("version", \.version), .init("valid_from", \.validFrom), .init("tee", \.tee, .omitEmpty),
      .init("bundle_checksum", \.bundleChecksum, .omitEmpty),
    ]

    /// Equality where absent and empty bytes are the same (sheet 04 §16.3).
    public func isSame(as other: VersionInfo) -> Bool {
      version == other.version && validFrom == other.validFrom && (tee ?? []) == (other.tee ?? [])
        && (bundleChecksum ?? []) == (other.bundleChecksum ?? [])
    }
  }

  /// Size, timing and liveness rules of the executor committee.
  public struct ExecutorParameters: WireMap, Hashable, Sendable {
    public var groupSize: UInt16 = 0
    public var groupBackupSize: UInt16 = 0
    public var allowedStragglers: UInt16 = 0
    /// In consensus blocks.
    public var roundTimeout: Int64 = 0
    public var maxMessages: UInt32 = 0
    public var minLiveRoundsPercent: UInt8 = 0
    public var maxMissedProposalsPercent: UInt8 = 0
    public var minLiveRoundsForEvaluation: UInt64 = 0
    public var maxLivenessFailures: UInt8 = 0

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("group_size", \.groupSize), .init("group_backup_size", \.groupBackupSize), .init("allowed_stragglers", \.allowedStragglers),
      .init("round_timeout", \.roundTimeout), .init("max_messages", \.maxMessages),
      .init("min_live_rounds_percent", \.minLiveRoundsPercent, .omitEmpty),
      .init("max_missed_proposals_percent", \.maxMissedProposalsPercent, .omitEmpty),
      .init("min_live_rounds_eval", \.minLiveRoundsForEvaluation, .omitEmpty),
      .init("max_liveness_fails", \.maxLivenessFailures, .omitEmpty),
    ]
  }

  /// Batching rules. Durations are nanoseconds.
  public struct TransactionSchedulerParameters: WireMap, Hashable, Sendable {
    public var batchFlushTimeout: Int64 = 0
    public var maxBatchSize: UInt64 = 0
    public var maxBatchSizeBytes: UInt64 = 0
    public var maxInMessages: UInt32 = 0
    public var proposeBatchTimeout: Int64 = 0

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("batch_flush_timeout", \.batchFlushTimeout, .omitEmpty), .init("max_batch_size", \.maxBatchSize, .omitEmpty),
      .init("max_batch_size_bytes", \.maxBatchSizeBytes, .omitEmpty), .init("max_in_messages", \.maxInMessages, .omitEmpty),
      .init("propose_batch_timeout", \.proposeBatchTimeout, .omitEmpty),
    ]
  }

  /// Checkpoint rules of the runtime's storage.
  public struct StorageParameters: WireMap, Hashable, Sendable {
    public var checkpointInterval: UInt64 = 0
    public var checkpointNumKept: UInt64 = 0
    public var checkpointChunkSize: UInt64 = 0

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("checkpoint_interval", \.checkpointInterval), .init("checkpoint_num_kept", \.checkpointNumKept),
      .init("checkpoint_chunk_size", \.checkpointChunkSize),
    ]
  }

  /// Stake, slashing and rewards of a runtime.
  public struct RuntimeStakingParameters: WireMap, Hashable, Sendable {
    public var thresholds: [ThresholdKind: Quantity] = [:]
    public var slashing: [SlashReason: Slash] = [:]
    /// Percent of slashed equivocation stake that the runtime gets.
    public var rewardEquivocation: UInt8 = 0
    /// Percent of stake slashed for wrong results that the runtime gets.
    public var rewardBadResults: UInt8 = 0
    public var minInMessageFee = Quantity()

    public init() {}
    public static let fields: [Field<Self>] = [
      .init("thresholds", \.thresholds, .omitEmpty), .init("slashing", \.slashing, .omitEmpty),
      .init("reward_equivocation", \.rewardEquivocation, .omitEmpty), .init("reward_bad_results", \.rewardBadResults, .omitEmpty),
      .init("min_in_message_fee", \.minInMessageFee, .omitEmptyInCBOR),
    ]
  }
}
