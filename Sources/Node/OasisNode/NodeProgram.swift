internal import Bytes
internal import ConsensusApp
internal import Foundation
internal import Glibc
internal import NodeConfiguration
internal import NodeIdentity
internal import OasisCrypto
internal import OasisTypes
internal import Telemetry
internal import Wire

/// `oasis-node --config FILE`: the node as a process.
public enum NodeProgram {
  /// Runs a node until it ends; returns the exit status. What is wrong before the log exists goes to standard error.
  public static func run(configurationPath: String, flags: DebugFlags) async -> Int32 {
    umask(0o077)
    signal(SIGPIPE, SIG_IGN)
    let configuration: NodeConfiguration
    let log: Log
    do {
      configuration = try NodeConfiguration.load(path: configurationPath, environment: ProcessInfo.processInfo.environment)
      guard !configuration.common.dataDirectory.isEmpty else { throw StartError("common.data_dir: data directory not configured") }
      try DataDirectory(configuration.common.dataDirectory).prepare()
      log = try makeLog(configuration)
    } catch {
      FileHandle.standardError.write(Data("oasis-node: \(error)\n".utf8))
      return 1
    }
    do {
      try ProcessLimits.checkUser(flags, allowRoot: configuration.common.debug.allowRoot, log)
      try ProcessLimits.raiseOpenFiles(configured: configuration.common.debug.rlimit, log)
      let directory = DataDirectory(configuration.common.dataDirectory)
      let lock = try directory.lock()
      defer { withExtendedLifetime(lock) {} }
      let setup = try prepare(configuration, directory, flags, log)
      log.info("Starting oasis-node", ["version": "26.1", "mode": configuration.nodeMode])
      let node = try await RunningNode(setup)
      switch try await node.run() {
      case .requested, .failed: return 0  // a part that ended by itself is told by the log only, as in the reference
      }
    } catch {
      log.error("failed to start oasis node", ["err": "\(error)"])
      FileHandle.standardError.write(Data("oasis-node: \(error)\n".utf8))
      return 1
    }
  }

  private static func prepare(
    _ configuration: NodeConfiguration, _ directory: DataDirectory, _ flags: DebugFlags, _ log: Log
  ) throws -> RunningNode.Setup {
    if flags.dontBlameOasis { log.warn("UNSAFE: debug mode is enabled, this node must not be used on a production network") }
    for use in configuration.unsupportedInUse(built: []) {
      log.warn(
        "configuration key is accepted, but its feature is not there yet", ["key": use.key, "line": use.line, "feature": use.feature])
    }
    log.info("no port for peers is opened: this version has none")
    let (document, genesis) = try loadGenesis(configuration.genesis.file, flags)
    log.info("loaded genesis document", ["chain_context": document.chainContext])
    return RunningNode.Setup(
      configuration: configuration, flags: flags, directory: directory, document: document, genesis: genesis, log: log)
  }

  /// Reads and checks the genesis document.
  private static func loadGenesis(_ path: String, _ flags: DebugFlags) throws -> (OasisTypes.GenesisDocument, Genesis) {
    let text = try SecureFile.read(path, limit: 1 << 30)
    let document: OasisTypes.GenesisDocument
    do { document = try OasisTypes.GenesisDocument(file: text) } catch { throw StartError("genesis.file: \(path): \(error)") }
    do { try GenesisCheck.run(document, allowsDebug: flags.dontBlameOasis, blacklist: flags.allowTestKeys ? .reserved : .production) } catch
    {
      throw StartError("genesis.file: \(path): \(error)")
    }
    return (document, try Genesis(json: text))
  }

  private static func makeLog(_ configuration: NodeConfiguration) throws -> Log {
    let section = configuration.common.log
    let file = section.file.hasPrefix("/") ? section.file : "\(configuration.common.dataDirectory)/\(section.file)"
    let sink: any LogSink = section.file.isEmpty ? DescriptorLogSink.standardOutput : try DescriptorLogSink.file(file)
    var levels = LogLevels()
    for (module, word) in section.level {
      guard let level = LogLevel(word: word) else { throw StartError("common.log.level.\(module): '\(word)' is not a level") }
      if module == "default" { levels.standard = level } else { levels.byPrefix[module] = level }
    }
    return Log(LogOutput(format: section.format.lowercased() == "json" ? .json : .logfmt, levels: levels, sink: sink), module: "node")
  }
}
