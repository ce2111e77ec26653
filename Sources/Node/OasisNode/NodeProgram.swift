internal import FileSystem
internal import AsyncIO
internal import Bytes
internal import ConsensusApp
internal import Foundation
internal import Glibc
internal import NodeAPI
internal import NodeConfiguration
internal import NodeIdentity
internal import OasisCrypto
internal import OasisTypes
internal import Telemetry
internal import Wire

/// `oasis-node --config FILE`: the node as a process.
public enum NodeProgram {
  /// Runs a node until it ends; returns the exit status. Without a configuration file the defaults hold. What is wrong before the log
  /// exists goes to standard error.
  ///
  /// - Parameter patience: how long all parts together may take to stop; then the process ends without them.
  public static func run(configurationPath: String?, flags: DebugFlags, patience: Duration = .seconds(9)) async -> Int32 {
    Signals.hold()  // a request to stop counts from the first moment
    umask(0o077)
    signal(SIGPIPE, SIG_IGN)
    let configuration: NodeConfiguration
    let log: Log
    do {
      configuration =
        try configurationPath.map {
          try NodeConfiguration.load(path: $0, environment: ProcessInfo.processInfo.environment)
        } ?? NodeConfiguration()
      let directory = configuration.common.dataDirectory
      if !directory.isEmpty { try DataDirectory(directory).prepare() }
      log = try makeLog(configuration)
    } catch {
      FileHandle.standardError.write(Data("\(error)\n".utf8))
      return 1
    }
    do {
      flags.warn(log)
      log.info("Starting oasis-node", ["version": Control.softwareVersion, "mode": configuration.nodeMode])
      try ProcessLimits.checkUser(flags, allowRoot: configuration.common.debug.allowRoot, log)
      try ProcessLimits.raiseOpenFiles(configured: configuration.common.debug.rlimit, log)
      guard !configuration.common.dataDirectory.isEmpty else {
        throw StartError("data directory not configured", remedy: "set common.data_dir in the file given with --config")
      }
      let directory = DataDirectory(configuration.common.dataDirectory)
      let lock = try directory.lock()
      defer { withExtendedLifetime(lock) {} }
      var setup = try prepare(configuration, directory, flags, log)
      setup.patience = patience
      let signals = Signals.events()
      let node = try await RunningNode(setup)
      // A part that ended by itself is told by the log only, as in the reference.
      switch try await node.run(until: signals) {
      case .requested, .failed: return 0
      case .halted:
        FileHandle.standardError.write(Data("panic: upgrade: reached upgrade epoch\n".utf8))
        return 2
      }
    } catch {
      tell(error, configuration, log)
      return 1
    }
  }

  /// Says why the node does not start: in the log, and on a terminal that does not show the log.
  private static func tell(_ error: any Error, _ configuration: NodeConfiguration, _ log: Log) {
    let remedy = (error as? StartError)?.remedy
    if let remedy {
      log.error("failed to start oasis node", ["err": "\(error)", "hint": remedy])
    } else {
      log.error("failed to start oasis node", ["err": "\(error)"])
    }
    if !configuration.common.log.file.isEmpty, isatty(STDERR_FILENO) == 1 {
      FileHandle.standardError.write(Data("failed to start oasis node: \(error)\(remedy.map { ": \($0)" } ?? "")\n".utf8))
    }
  }

  private static func prepare(
    _ configuration: NodeConfiguration, _ directory: DataDirectory, _ flags: DebugFlags, _ log: Log
  ) throws -> RunningNode.Setup {
    for use in configuration.unsupportedInUse(built: [.pruning, .halt, .runtimePruning]) {
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
    func refuse(_ reason: String) -> StartError {
      StartError(
        "failed to get genesis document: genesis: \(reason)",
        remedy: "genesis.file (\(path)) must be the document of the network: compare with 'oasis-node genesis check -g \(path)'")
    }
    let text: [UInt8]
    do { text = try Files.read(path, limit: 1 << 30) } catch { throw refuse("failed to open genesis document: \(error)") }
    let document: OasisTypes.GenesisDocument
    do { document = try OasisTypes.GenesisDocument(file: text) } catch { throw refuse("malformed genesis file: \(error)") }
    let blacklist: PublicKeyBlacklist = flags.allowTestKeys ? .reserved : .production
    do { try GenesisCheck.run(document, allowsDebug: flags.dontBlameOasis, blacklist: blacklist) } catch {
      throw refuse("bad genesis file: \(error)")
    }
    return (document, try Genesis(json: text))
  }

  private static func makeLog(_ configuration: NodeConfiguration) throws -> Log {
    let section = configuration.common.log
    let sink: any LogSink = try configuration.common.logPath.map { try DescriptorLogSink.file($0) } ?? DescriptorLogSink.standardOutput
    var levels = LogLevels()
    for (module, word) in section.level {
      guard let level = LogLevel(word: word) else { throw StartError("common.log.level.\(module): '\(word)' is not a level") }
      if module == "default" { levels.standard = level } else { levels.byPrefix[module] = level }
    }
    return Log(
      LogOutput(format: section.format.lowercased() == "json" ? .json : .logfmt, levels: levels, sink: sink), module: "oasis-node")
  }
}
