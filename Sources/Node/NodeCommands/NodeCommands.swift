public import CommandLineTool
internal import NodeAPI

/// The command line of `oasis-node`. Rule: sheet 09 §3.
public enum NodeCommands {
  /// How to run the node itself.
  public struct Start: Sendable {
    /// The configuration file; nil for defaults.
    public var configurationPath: String?
    public var debug: DebugSwitches
    /// Runs with the built-in test entity.
    public var testEntity: Bool
    /// Logs every call of the internal socket.
    public var logsCalls: Bool
    /// Flags that were given and have no effect yet.
    public var unbuiltFlags: [String]

    init(_ call: Invocation) {
      configurationPath = call.isSet(Flags.config) ? call[Flags.config] : nil
      debug = DebugSwitches(call)
      testEntity = call[Flags.testEntity]
      logsCalls = call[Flags.logCalls]
      unbuiltFlags = Flags.unbuilt.map(\.name).filter { call.isSet($0) }
    }
  }

  /// Switches that make a node unsafe; all but the first take effect only together with it.
  public struct DebugSwitches: Sendable, Hashable {
    public var dontBlameOasis = false
    public var allowTestKeys = false
    public var allowDebugEnclaves = false
    public var laxTCBVerification = false
    public var skipQuoteVerification = false
    public init() {}

    init(_ call: Invocation) {
      dontBlameOasis = call[Flags.dontBlame]
      allowTestKeys = dontBlameOasis && call[Flags.allowTestKeys]
      allowDebugEnclaves = dontBlameOasis && call[Flags.allowDebugEnclaves]
      laxTCBVerification = dontBlameOasis && call[Flags.laxTCB]
      skipQuoteVerification = dontBlameOasis && call[Flags.skipQuote]
    }
  }

  /// What `--version` prints; scripts look at all lines but the last.
  static let version = """
    Software version: \(Control.softwareVersion)
    Consensus:
      Consensus protocol version: 7.0.0
    Runtime:
      Host protocol version:      5.1.0
      Committee protocol version: 5.0.0
    Swift toolchain version: \(compiler)
    """

  #if compiler(>=6.4)
    private static let compiler = "6.4 or later"
  #elseif compiler(>=6.3)
    private static let compiler = "6.3"
  #else
    private static let compiler = "6.2"
  #endif

  /// The program. `run` is the node itself: without it, the command without words prints its help.
  public static func tool(console: Console = .standard, run: (@Sendable (Start) async throws -> Void)? = nil) -> CommandLineTool {
    var action: Command.Action?
    if let run {
      action = { call in
        try Flags.requireFileSigner(call)
        try await run(Start(call))
      }
    }
    let root = Command(
      "oasis-node", "Oasis Node", example: run == nil ? "oasis-node control status" : "oasis-node --config /node/etc/config.yml",
      flags: [Flags.testEntity.any, Flags.logCalls.any] + Flags.signer + Flags.unbuilt,
      sharedFlags: [
        Flags.config.any, Flags.dontBlame.any, Flags.allowTestKeys.any, Flags.allowDebugEnclaves.any, Flags.laxTCB.any, Flags.skipQuote.any,
      ],
      subcommands: [control, identity, genesis, registry, debug], action: action)
    return CommandLineTool(root, version: version, console: console)
  }
}
