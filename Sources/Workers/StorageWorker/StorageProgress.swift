/// How far storage is behind the chain, and whether its roles are available, as a value. Rule: sheet 08 §C5.5.
struct StorageProgress: Equatable {
  /// Fewer rounds behind than this make the roles available.
  static let near: UInt64 = 10
  /// More rounds behind than this take them back; in between nothing changes.
  static let far: UInt64 = 15

  enum Change: Equatable { case available, unavailable }

  /// The last round that consensus finalized.
  private(set) var latest: UInt64?
  /// The last round whose trees are finalized here.
  private(set) var synced: UInt64?
  private(set) var isAvailable = false

  /// Consensus finalized a round.
  mutating func committed(_ round: UInt64) -> Change? {
    latest = max(latest ?? 0, round)
    return decide()
  }

  /// The trees of a round are finalized.
  mutating func finalized(_ round: UInt64) -> Change? {
    synced = round
    return decide()
  }

  private mutating func decide() -> Change? {
    guard let latest, let synced else { return nil }
    let gap = latest >= synced ? latest - synced : 0
    if gap < Self.near, !isAvailable {
      isAvailable = true
      return .available
    }
    if gap > Self.far, isAvailable {
      isAvailable = false
      return .unavailable
    }
    return nil
  }
}
