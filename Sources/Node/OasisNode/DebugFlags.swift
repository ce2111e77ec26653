internal import Telemetry

/// The unsafe switches of the command line. All but the first take effect only together with it. Rule: sheet 09 §3.1, §3.2.
public struct DebugFlags: Sendable, Hashable {
  /// `--debug.dont_blame_oasis`
  public var dontBlameOasis: Bool
  /// `--debug.allow_test_keys`
  public var allowTestKeys: Bool
  /// `--debug.test_entity`
  public var testEntity: Bool
  /// `--debug.allow_debug_enclaves`, `--debug.tcb_lax_verify`, `--debug.skip_quote_verify`
  public var enclaves: Enclaves
  /// `--grpc.log.debug`
  public var logsCalls = false
  /// Flags without effect in this version, by name.
  public var unbuilt: [String] = []

  /// What is let through where enclaves are checked.
  public struct Enclaves: Sendable, Hashable {
    public var allowsDebug = false
    public var laxTCB = false
    public var skipsQuotes = false
    public init() {}
  }

  public init(dontBlameOasis: Bool = false, allowTestKeys: Bool = false, testEntity: Bool = false, enclaves: Enclaves = Enclaves()) {
    self.dontBlameOasis = dontBlameOasis
    (self.allowTestKeys, self.testEntity) = (dontBlameOasis && allowTestKeys, dontBlameOasis && testEntity)
    self.enclaves = dontBlameOasis ? enclaves : Enclaves()
  }

  /// Says in the log which checks of enclaves are off.
  func warn(_ log: Log) {
    if enclaves.allowsDebug { log.warn("`debug.allow_debug_enclaves` set, enclaves in debug mode will be allowed") }
    if enclaves.laxTCB { log.warn("`debug.tcb_lax_verify` set, TCB lax verification will be done") }
    for name in unbuilt { log.warn("flag is accepted, but its feature is not there yet", ["flag": "--\(name)"]) }
    if enclaves.skipsQuotes { log.warn("`debug.skip_quote_verify` set, PCS quotes will NOT be verified") }
  }
}
