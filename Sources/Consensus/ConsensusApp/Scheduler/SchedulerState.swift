public import OasisCrypto
public import OasisTypes

/// The state of elections on one tree (sheet 05 §B.3).
public struct SchedulerState {
  static let committees = StateMap<Committee, UInt8, Hashed<Namespace>>(0x60)
  static let currentValidators = StateMap<[PublicKey: Validator]>(0x61)
  /// Between BeginBlock and EndBlock of a block with an election.
  static let pendingValidators = StateMap<[PublicKey: Validator]>(0x62)
  static let parameters = StateMap<SchedulerParameters>(0x63)

  public let tree: StateTree

  public init(_ tree: StateTree) { self.tree = tree }

  /// The parameters; a state without them is damaged.
  public func parameters() throws -> SchedulerParameters {
    guard let parameters = try Self.parameters.get(tree) else { throw StateError("scheduler parameters are missing") }
    return parameters
  }

  /// The elected validators by consensus key.
  public func validators() throws -> [PublicKey: Validator] { try Self.currentValidators.get(tree) ?? [:] }

  /// The committee of a runtime, nil if none could be elected.
  public func committee(_ kind: CommitteeKind, of runtime: Namespace) throws -> Committee? {
    try Self.committees.get(tree, kind.rawValue, Hashed(runtime))
  }

  /// All committees, in the order of their keys.
  public func committees() throws -> [Committee] { try Self.committees.entries(tree).map(\.value) }

  /// Writes a committee; nil removes it.
  func setCommittee(_ kind: CommitteeKind, of runtime: Namespace, _ committee: Committee?) {
    if let committee {
      Self.committees.set(tree, kind.rawValue, Hashed(runtime), to: committee)
    } else {
      Self.committees.remove(tree, kind.rawValue, Hashed(runtime))
    }
  }
}

extension ElectedEvent: ServiceEvent {
  public static var service: String { SchedulerService.name }
  public static var kind: String { "elected" }
}
