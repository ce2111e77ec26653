import CBOR
import Foundation
import Testing

@testable import NodeConfiguration

func parse(_ text: String, _ environment: [String: String] = [:]) throws -> NodeConfiguration {
  try NodeConfiguration.parse(text, file: "/node/config.yml", environment: environment)
}

func refusal(_ text: String, _ environment: [String: String] = [:]) -> String {
  do {
    _ = try parse(text, environment)
    return "accepted"
  } catch { return "\(error)" }
}

private let key = "JTUtHd4XYQjh//e6eYU7Pa/XMFG88WE+jixvceIfWrk="
private let twice = String(repeating: "80", count: 32)

@Suite("Configuration file") struct ConfigurationTests {
  @Test(arguments: ["", "# nothing\n", "---\n", "{}", "common:\nruntime: ~\n"]) func emptyMeansDefaults(_ text: String) throws {
    var expected = NodeConfiguration()
    expected.common.dataDirectory = ""
    #expect(try parse(text) == expected)
    #expect(expected.nodeMode == .client)
    #expect(expected.consensus.prune.numKept == 250_000)
    #expect(expected.consensus.lightClient.trust.period == .seconds(2_592_000))
    #expect(expected.runtime.transactionPool.republishInterval == .seconds(60))
  }

  static let recorded: [String] = {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Data/rpc/status").path
    return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix(".yml") }.sorted().map {
      "\(folder)/\($0)"
    }
  }()

  @Test(arguments: recorded) func recordedFilesLoad(_ path: String) throws {
    let configuration = try NodeConfiguration.load(path: path, environment: [:])
    let mode = String(path.split(separator: "/").last?.prefix { $0.isLetter } ?? "")
    #expect(configuration.nodeMode.rawValue == (mode == "stateless" || mode == "sentry" ? "client" : mode))
    #expect(configuration.common.dataDirectory == "/node")
    #expect(configuration.common.log.level["default"] == "INFO")
    #expect(configuration.common.log.level["mkvs/db"] == "info", "a mapping is merged into the default")
  }

  @Test func thereAreRecordedFiles() { #expect(Self.recorded.count == 13) }

  @Test func aRecordedComputeNode() throws {
    let path = try #require(Self.recorded.first { $0.hasSuffix("compute-ready.config.yml") })
    let configuration = try NodeConfiguration.load(path: path, environment: [:])
    let hosted = try #require(configuration.runtime.runtimes.first)
    #expect(hosted.id.description == "8000000000000000000000000000000000000000000000000000000000000000")
    #expect(hosted.components.map(\.id.description) == ["ronl", "rofl.tour", "rofl.plain"])
    #expect(hosted.components[1].permissions == RuntimeConfiguration.Permission.allCases)
    #expect(hosted.config == ["flag": .bool(true), "worker": .text("zero")])
    #expect(configuration.runtime.paths == ["/node/bundles/bundle-0.orc", "/node/bundles/bundle-1.orc"])
    #expect(configuration.consensus.haltEpoch == .max)
    #expect(configuration.runtime.prune.interval == .seconds(120))
    let uses = configuration.unsupportedInUse(built: [.pruning, .runtimePruning])
    #expect(uses.contains { $0.key == "consensus.halt_epoch" && $0.line == 30 && $0.feature == .halt })
    #expect(uses.contains { $0.key == "storage.checkpointer.enabled" && $0.feature == .checkpoints })
    #expect(!uses.contains { $0.key.hasPrefix("consensus.p2p.") }, "defaults written out are not in use")
    #expect(configuration.unsupportedInUse(built: Set(Feature.allCases)).isEmpty)
  }

  @Test func whatHasNoEffectIsNamed() throws {
    let configuration = try parse(
      """
      storage: {backend: pathbadger, max_cache_size: 1gb}
      runtime: {max_bundle_size: 1mb}
      consensus: {log_debug: true, debug: {allow_duplicate_ip: true, unsafe_replay_recover_corrupted_wal: true}}
      """)
    let uses = configuration.unsupportedInUse(built: [])
    #expect(
      Dictionary(uses.map { ($0.key, $0.feature) }) { first, _ in first } == [
        "storage.backend": .storageBackends, "storage.max_cache_size": .storageBackends, "runtime.max_bundle_size": .bundleRegistries,
        "consensus.log_debug": .engineDebugLog, "consensus.debug.allow_duplicate_ip": .peers,
        "consensus.debug.unsafe_replay_recover_corrupted_wal": .logRecovery,
      ])
  }

  @Test func operatorGuide() throws {
    let configuration = try parse(
      """
      mode: compute
      common:
          data_dir: /node/data
          log:
              format: JSON
              level: {cometbft: info, cometbft/context: error, default: info}
      genesis:
          file: /node/etc/genesis.json
      runtime:
          runtimes:
              - id: 000000000000000000000000000000000000000000000000f80306c9858e7279
                config: {estimate_gas_by_simulating_contracts: true, allowed_queries: [{all_expensive: true}], n: 0x10, f: 1.5, s: "1", big: 18446744073709551615}
          registries: [https://url.of.custom/registry/]
          sgx_loader: /node/bin/oasis-core-runtime-loader
      registration: {entity_id: JTUtHd4XYQjh//e6eYU7Pa/XMFG88WE+jixvceIfWrk=}
      """)
    let config = try #require(configuration.runtime.runtimes.first).config
    #expect(config["allowed_queries"] == .list([.map(["all_expensive": .bool(true)])]))
    #expect(config["n"] == .integer(16) && config["f"] == .number(1.5) && config["s"] == .text("1") && config["big"] == .unsigned(.max))
    #expect(configuration.runtime.runtimes[0].id.description.hasPrefix("0000"))
    var writer = CBORWriter()
    LocalValue.map(["bb": .list([.null]), "c": .integer(-1)]).encode(to: &writer)
    #expect(writer.bytes == [0xa2, 0x61, 0x63, 0x20, 0x62, 0x62, 0x62, 0x81, 0xf6])
  }

  @Test(arguments: [
    ("mode: client\nnosuch_key: 1", "yaml: unmarshal errors:\n  line 2: field nosuch_key not found; the file knows mode, common,"),
    (
      "common:\n  data_dir: /d\n  nosuch: true",
      "line 3: field common.nosuch not found; common knows data_dir, internal_socket_path, log, debug"
    ),
    ("mode: client\ncommon:\n  data_dir: [1,2]", "line 3: common.data_dir: a list is not text"),
    ("consensus:\n  min_gas_price: abc", "line 2: consensus.min_gas_price: 'abc' is not an integer from 0 to 18446744073709551615"),
    ("consensus:\n  upgrade_stop_delay: soon", "line 2: consensus.upgrade_stop_delay: 'soon' is not a duration such as 300ms"),
    ("consensus:\n  upgrade_stop_delay: 0", "'0' is not a duration"),
    ("common: {log: {level: debug}}", "line 1: common.log.level: 'debug' is not a mapping, each value text"),
    (
      "runtime:\n  runtimes:\n    - id: \"zz\"", "line 3: runtime.runtimes[0].id: 'zz' is not a runtime identifier of 64 hexadecimal digits"
    ),
    ("runtime: {runtimes: [{components: [{id: nosuch}]}]}", "runtime.runtimes[0].components[0].id: 'nosuch' is not a component identifier"),
    ("runtime: {runtimes: [{components: {}}]}", "runtime.runtimes[0].components: a mapping is not a list"),
    (
      "runtime: {runtimes: [{components: [rofl.a]}], tx_pool: {republish_interval: 1s}}",
      "field runtime.tx_pool.republish_interval not found"
    ),
    ("mode: client\nmode: validator", "line 2: mapping key \"mode\" already defined at line 1"),
    (
      "mode: client\n  x: : y\n\t- z",
      "failed to load config file '/node/config.yml': yaml: line 2: mapping values are not allowed in this context"
    ),
    ("p2p: {port: 65536}", "line 1: p2p.port: '65536' is not an integer from 0 to 65535"),
    ("storage: {max_cache_size: 12tb}", "storage.max_cache_size: '12tb' is not a size"),
    ("consensus: {validator: \"true\"}", "consensus.validator: 'true' is not true or false"),
    ("- a", "a list is not a mapping with the keys mode, common"),
    ("common:\n  data_dir: ${X", "unable to read config file '/node/config.yml': line 2: closing brace expected"),
    ("a: &a [*a]", "unknown anchor"),
  ]) func refusals(_ text: String, _ part: String) {
    let message = refusal(text)
    #expect(message.contains(part), "\(message)")
  }

  @Test(arguments: [
    ("mode: nosuchmode", "unknown node mode: nosuchmode"), ("mode: ${MODE:-nosuch}", "unknown node mode: nosuch"),
    ("mode: validator\nregistration: {entity_id: zzz}", "registration: malformed entity ID: illegal base64 data at input byte 0"),
    ("registration: {entity_id: 'abc!'}", "registration: malformed entity ID: illegal base64 data at input byte 3"),
    ("registration: {entity: a, entity_id: b}", "registration: only one of `entity` and `entity_id` must be set"),
    ("common: {log: {level: {default: loud}}}", "logging: invalid log level: 'loud'"),
    ("common: {log: {format: xml}}", "logging: invalid log format: 'xml'"),
    ("consensus: {halt_epoch: 1, halt_height: 1}", "consensus: only one of {halt_epoch, halt_height} can be set"),
    ("consensus: {state_sync: {enabled: true}}", "consensus: state sync requires light client to be configured"),
    ("consensus: {light_client: {trust: {height: 5, hash: ab}}}", "consensus: malformed trust hash"),
    ("consensus: {p2p: {send_rate: -1}}", "consensus: p2p.send_rate must be >= 0"),
    ("mode: compute\nconsensus: {local_storage: false}", "local storage not available in specified mode"),
    ("genesis: {file: \"\"}", "genesis: missing genesis file path"),
    ("runtime: {provisioner: x}", "runtime: unknown runtime provisioner: x"),
    ("runtime: {runtimes: [{id: \(twice)}, {id: \(twice)}]}", "runtime: runtimes: runtime \(twice) is listed twice"),
    ("runtime: {environment: x}", "runtime: unknown runtime environment: x"),
    ("runtime: {environment: sgx}", "runtime: sgx.loader must be set when using sgx environment"),
    ("runtime: {log: {max_log_size: 1}}", "runtime: maximum log size must be at least 1024 bytes"),
    ("runtime: {load_balancer: {num_instances: 129}}", "runtime: cannot specify more than 128 instances for load balancing"),
    ("metrics: {mode: x}", "metrics: unknown metrics mode: x"),
    ("metrics: {mode: pull, address: ''}", "metrics: missing address in pull mode"),
    (
      "runtime: {runtimes: [{components: [{id: rofl.a, networking: {incoming: [{protocol: icmp}]}}]}]}",
      "runtime: component rofl.a: network protocol 'icmp' not supported"
    ),
  ]) func rules(_ text: String, _ message: String) {
    // The reference's words, then where that is and what is allowed.
    let ours = refusal(text)
    #expect(ours.hasPrefix("\(message) (/node/config.yml"), "\(ours)")
    #expect(ours.hasSuffix(")") && ours.contains(": "))
  }

  @Test func aRuleNamesFileLineKeyAndWhatIsAllowed() {
    #expect(
      refusal("mode: validator\nregistration:\n  entity_id: zzz")
        == "registration: malformed entity ID: illegal base64 data at input byte 0 "
        + "(/node/config.yml line 3, registration.entity_id: a public key: 32 bytes in base64)")
    #expect(
      refusal("sentry:\n  control:\n    authorized_pubkeys:\n      - AAAA\n")
        .hasSuffix("(/node/config.yml line 4, sentry.control.authorized_pubkeys[0]: a public key: 32 bytes in base64)"))
    #expect(
      refusal("runtime: {sandbox_binary: \"\"}").hasSuffix("(/node/config.yml line 1, runtime.sandbox_binary: the path of bwrap)"))
  }

  /// What the reference looks at when it starts, not when it reads the file.
  @Test(arguments: [
    ("p2p: {seeds: [nonsense]}", "expected pubkey@IP:port): node: consensus address doesn't have ID@ part", "p2p.seeds[0]"),
    ("p2p: {seeds: ['\(key)@localhost:1']}", "'localhost' is not an IP address", "p2p.seeds[0]"),
    ("p2p: {seeds: ['\(key)@192.0.2.1:9200', 'A@192.0.2.1:1']}", "illegal base64 data", "p2p.seeds[1]"),
    ("consensus: {listen_address: '0.0.0.0:26656'}", "does not begin with tcp://", "consensus.listen_address"),
    ("consensus: {listen_address: 'tcp://0.0.0.0'}", "missing port in address", "consensus.listen_address"),
    ("consensus: {listen_address: 'tcp://node.example:26656'}", "is not an IP address", "consensus.listen_address"),
    ("consensus: {listen_address: 'tcp://0.0.0.0:70000'}", "invalid port", "consensus.listen_address"),
    ("consensus: {listen_address: 'tcp://::1:26656'}", "too many colons", "consensus.listen_address"),
    ("consensus: {external_address: 'tcp://node.example'}", "missing port", "consensus.external_address"),
    ("consensus: {p2p: {persistent_peers: ['\(key)@node.example']}}", "missing port", "consensus.p2p.persistent_peers[0]"),
    ("consensus: {p2p: {unconditional_peers: [x]}}", "illegal base64", "consensus.p2p.unconditional_peers[0]"),
    ("consensus: {providers: ['unix:']}", "missing path", "consensus.providers[0]"),
    ("p2p: {connection_gater: {blocked_peers: [a.b]}}", "not an IP address", "p2p.connection_gater.blocked_peers[0]"),
    ("consensus: {prune: {strategy: sometimes}}", "abci/pruner: unknown pruning strategy: 'sometimes'", "consensus.prune.strategy"),
    ("keymanager: {private_peer_pub_keys: [AAAA]}", "malformed public key", "keymanager.private_peer_pub_keys[0]"),
  ]) func peerAddresses(_ text: String, _ part: String, _ key: String) throws {
    let configuration = try parse(text)
    #expect {
      try configuration.checkAtStart()
    } throws: { error in
      let error = error as? StartValueError
      return error?.description.contains(part) == true && error?.remedy.hasPrefix("/node/config.yml line 1, \(key): allowed: ") == true
    }
  }

  @Test func goodPeerAddresses() throws {
    try NodeConfiguration().checkAtStart()
    try parse(
      """
      consensus:
        listen_address: tcp://[::]:26656
        external_address: tcp://node.example:26656
        providers: [unix:/a/b.sock, "node.example:443", "\(key)@192.0.2.1:443"]
        p2p: {persistent_peers: ["\(key)@node.example:26656"], unconditional_peers: ["\(key)"]}
      p2p:
        seeds: ["\(key)@192.0.2.1:26656"]
        registration: {addresses: ["[2001:db8::1]:9200"]}
        connection_gater: {blocked_peers: ["192.0.2.9", "2001:db8::2"]}
      """
    ).checkAtStart()
  }

  @Test func everyProblemIsNamed() {
    let message = refusal("x: 1\np2p: {port: a}\ncommon: {log: {file: []}}")
    #expect(message.split(separator: "\n").count == 4)
  }

  @Test func missingFile() {
    #expect(throws: ConfigurationError.unreadable(file: "/no/config.yml", reason: "open /no/config.yml: no such file or directory")) {
      try NodeConfiguration.load(path: "/no/config.yml", environment: [:])
    }
  }

  @Test func relativeDataDirectory() throws {
    #expect(try parse("common: {data_dir: data}").common.dataDirectory == FileManager.default.currentDirectoryPath + "/data")
  }

  @Test func listsReplaceAndNullEmpties() throws {
    #expect(try parse("runtime: {registries: ~}").runtime.registries == [])
    #expect(try parse("runtime: {registries: [a, b]}").runtime.registries == ["a", "b"])
    #expect(try parse("common: {log: {level: ~}}").common.log.level == [:])
    #expect(
      try parse("x: &a {port: 1}\np2p: *a".replacing("x: &a {port: 1}\n", with: "").replacing("*a", with: "{<<: {port: 7}}")).p2p.port == 7)
    #expect(try parse("p2p: &a {port: 9}\nsentry: {control: {<<: *a}}").sentry.control.port == 9)
  }
}

@Suite("Scalars and substitution") struct ScalarTests {
  @Test(arguments: [
    ("$NAME ${NAME}", "v v"), ("$UNSET|${UNSET}|", "||"), ("${NAME-x} ${UNSET-x} ${EMPTY-x}", "v x "),
    ("${EMPTY:-x} ${EMPTY=x} ${EMPTY:=x}", "x  x"),
    ("${NAME+x} ${EMPTY:+x} ${UNSET+x}|", "x x |"), ("$$NAME $$$$", "$NAME $$"), ("$_ ${_} $ $1 a$", "$_ ${_} $ $1 a$"),
    ("${UNSET-$NAME}", "v"),
    ("# $NAME\n", "# v\n"), ("${UNSET:-a b}c", "a bc"),
  ]) func substitution(_ text: String, _ expected: String) throws {
    #expect(try EnvironmentSubstitution.apply(text, ["NAME": "v", "EMPTY": ""]) == expected)
  }

  @Test func unclosedBrace() {
    #expect(throws: EnvironmentSubstitution.Failure(line: 2)) { try EnvironmentSubstitution.apply("a\n${A\n}", [:]) }
    #expect(throws: EnvironmentSubstitution.Failure(line: 1)) { try EnvironmentSubstitution.apply("${", [:]) }
  }

  @Test(arguments: [
    ("300ms", Duration.milliseconds(300)), ("1.5s", .milliseconds(1500)), ("1h30m", .seconds(5400)), ("1m0s", .seconds(60)), ("0s", .zero),
    ("-1s", .seconds(-1)),
    (".5s", .milliseconds(500)), ("1µs", .microseconds(1)), ("2562047h", .seconds(9_223_369_200)), ("2562048h", nil), ("1", nil), ("", nil),
    ("s", nil),
    ("1d", nil), ("1.2.3s", nil), (".s", nil),
  ]) func durations(_ text: String, _ value: Duration?) { #expect(Scalars.duration(text) == value) }

  @Test(arguments: [
    ("0x1F", 31), ("0o17", 15), ("017", 15), ("0b11", 3), ("1_000", 1000), ("-5", -5), ("+5", 5), ("1e3", 1000), ("", nil), ("--5", nil),
    ("1.5", nil),
    ("9223372036854775808", nil), ("0x", nil), ("a", nil),
  ]) func integers(_ text: String, _ value: Int64?) { #expect(Scalars.integer(text, Int64.self) == value) }

  @Test(arguments: [("256mb", 256 << 20), ("5", 5), ("5B", 5), ("2K", 2048), ("1gb", 1 << 30), ("x", nil), ("17179869184gb", nil)])
  func sizes(_ text: String, _ value: UInt64?) { #expect(Scalars.size(text) == value) }

  @Test func rubbishNeverTraps() {
    var state: UInt64 = 1
    let alphabet = Array("abc:-{}[]&*!|>'\"#%@,?~\n  $_0123.eE+x<\u{fe}ü\t".unicodeScalars)
    for _ in 0..<20_000 {
      var text = ""
      for _ in 0..<40 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        text.unicodeScalars.append(alphabet[Int(state >> 33) % alphabet.count])
      }
      _ = refusal(text)
      _ = Scalars.duration(text)
    }
    var bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    for (name, last) in zip("bcdefghi", "abcdefgh") {
      bomb += "\(name): &\(name) [\(repeatElement("*\(last)", count: 10).joined(separator: ", "))]\n"
    }
    #expect(refusal(bomb).contains("more than 200000 values"))
    #expect(refusal(String(repeating: "[", count: 1000)).contains("nested deeper"))
  }
}

@Suite("Data directory") struct DataDirectoryTests {
  func folder() -> String { "/tmp/dd-\(UUID().uuidString.prefix(12))" }

  @Test func createsWithParents() throws {
    let path = folder()
    try DataDirectory("\(path)/a/b").prepare()
    try DataDirectory("\(path)/a/b").prepare()
    for part in ["", "/a", "/a/b"] {
      #expect(try FileManager.default.attributesOfItem(atPath: path + part)[.posixPermissions] as? Int == 0o700)
    }
  }

  @Test func refusals() throws {
    let path = folder()
    func message() -> String {
      do {
        try DataDirectory(path).prepare()
        return "fine"
      } catch { return "\(error)" }
    }
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
    #expect(message() == "common/Mkdir: path '\(path)' has invalid permissions: -rwxr-xr-x. Expected permissions: -rwx------")
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/tmp")
    #expect(message() == "common/Mkdir: path '\(path)' is not a directory")
    try FileManager.default.removeItem(atPath: path)
    _ = FileManager.default.createFile(atPath: path, contents: nil)
    #expect(message() == "common/Mkdir: path '\(path)' is not a directory")
  }

  @Test func oneOwner() throws {
    let directory = DataDirectory(folder())
    try directory.prepare()
    var lock: DataDirectoryLock? = try directory.lock()
    do {
      _ = try directory.lock()
      Issue.record("locked twice")
    } catch {
      #expect(error.owner == getpid())
      #expect(error.description == "data directory '\(directory.path)' is in use by process \(getpid())")
    }
    #expect(lock != nil)
    lock = nil
    _ = try directory.lock()
  }

  /// A second process is refused by the first one's number; what a killed one leaves is no obstacle.
  @Test func oneProcess() async throws {
    let directory = DataDirectory("/tmp/dd-of-\(getpid())")  // the child knows its parent
    defer { try? FileManager.default.removeItem(atPath: directory.path) }
    try directory.prepare()
    let socket = try #require(
      FileManager.default.createFile(atPath: directory.internalSocket, contents: Data([1])) ? directory.internalSocket : nil)
    async let first: ExitTest.Result? = #expect(processExitsWith: .signal(SIGKILL)) {
      let lock = try DataDirectory("/tmp/dd-of-\(getppid())").lock()
      withExtendedLifetime(lock) { while true { sleep(60) } }
    }
    let file = directory.path + "/lock"
    var owner: Int32?
    for _ in 0..<600 {
      owner = FileManager.default.contents(atPath: file).flatMap { Int32(String(decoding: $0, as: UTF8.self).filter(\.isNumber)) }
      if owner != nil { break }
      try await Task.sleep(for: .milliseconds(50))
    }
    let process = try #require(owner)
    let content = FileManager.default.contents(atPath: file)
    for _ in 0..<3 {
      let error = #expect(throws: DataDirectoryError.self) { try directory.lock() }
      #expect(error?.owner == process)
      #expect(error?.description == "data directory '\(directory.path)' is in use by process \(process)")
    }
    #expect(FileManager.default.contents(atPath: file) == content)
    #expect(FileManager.default.contents(atPath: socket) == Data([1]))
    kill(process, SIGKILL)
    _ = await first
    let lock = try directory.lock()
    #expect(FileManager.default.contents(atPath: file) == Data("\(getpid())\n".utf8))
    withExtendedLifetime(lock) {}
  }
}
