/// The unsafe switches of the command line. All but the first take effect only together with it. Rule: sheet 09 §3.1, §3.2.
public struct DebugFlags: Sendable, Hashable {
  /// `--debug.dont_blame_oasis`
  public var dontBlameOasis: Bool
  /// `--debug.allow_test_keys`
  public var allowTestKeys: Bool
  /// `--debug.test_entity`
  public var testEntity: Bool

  public init(dontBlameOasis: Bool = false, allowTestKeys: Bool = false, testEntity: Bool = false) {
    self.dontBlameOasis = dontBlameOasis
    (self.allowTestKeys, self.testEntity) = (dontBlameOasis && allowTestKeys, dontBlameOasis && testEntity)
  }
}
