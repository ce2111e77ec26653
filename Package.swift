// swift-tools-version: 6.2
import Foundation
import PackageDescription

// The package as data: one line a module. Floors, products, tests and settings follow from it.
// `OASIS_MODULES=MKVS,CBOR swift test` builds only these modules, what they use, and their tests.

enum Kind {
  case library
  case tool  // a program of an operator's machine
  case guest  // a program that runs in the sandbox: libraries linked statically where a host lacks them
  case development  // never installed: golden loaders, benchmarks
}

struct Module {
  var name: String
  var floor: String
  var kind = Kind.library
  var hot = false  // optimised in debug builds too, so that tests stay quick
  var uses: [String] = []
  var tests: [String]?  // what its tests use besides the module; nil where it has none
  var program = false  // an executable among the development modules

  var folder: String { kind == .development ? floor : "Sources/\(floor)/\(name)" }
}

let system: [(name: String, package: String)] = [
  ("CRocksDB", "librocksdb-dev"), ("CNGHTTP2", "libnghttp2-dev"), ("COpenSSL", "libssl-dev"), ("CUV", "libuv1-dev"),
  ("CYAML", "libyaml-dev"), ("CSeccomp", "libseccomp-dev"), ("CZlib", "zlib1g-dev"),
  ("CGMP", "libgmp-dev"), ("CLinux", "libc6-dev"),
]

let loaders = ["GoldenSupport", "CoreLoaders", "StorageLoaders", "CometBFTLoaders", "ChainLoaders", "RuntimeLoaders", "NodeLoaders"]

func golden(_ name: String, uses: [String], program: Bool = false) -> Module {
  Module(name: name, floor: "Tests/Golden/\(name)", kind: .development, hot: true, uses: uses, program: program)
}

let modules: [Module] = [
  // Floor 1
  Module(name: "Bytes", floor: "Core", hot: true, tests: []),
  Module(name: "CBOR", floor: "Core", hot: true, uses: ["Bytes"], tests: ["FuzzSupport"]),
  Module(name: "JSONText", floor: "Core", hot: true, tests: ["FuzzSupport"]),
  Module(name: "Wire", floor: "Core", hot: true, uses: ["Bytes", "CBOR", "JSONText"], tests: []),
  Module(name: "Protobuf", floor: "Core", hot: true, tests: []),
  Module(
    name: "OasisCrypto", floor: "Core", hot: true, uses: ["Bytes", "JSONText", "Wire", "COpenSSL"], tests: ["COpenSSL", "FuzzSupport"]),
  Module(
    name: "OasisTypes", floor: "Core", hot: true, uses: ["Bytes", "CBOR", "JSONText", "Wire", "OasisCrypto", "CGMP"],
    tests: ["FuzzSupport", "CoreLoaders"]),
  // Floor 2
  Module(name: "KeyValueStore", floor: "Storage", hot: true, tests: ["RocksDBStore"]),
  Module(name: "RocksDBStore", floor: "Storage", hot: true, uses: ["KeyValueStore", "CRocksDB"], tests: []),
  Module(
    name: "MKVS", floor: "Storage", hot: true, uses: ["Bytes", "CBOR", "JSONText", "Wire", "OasisCrypto", "OasisTypes", "COpenSSL"],
    tests: ["FuzzSupport"]),
  Module(
    name: "MKVSDatabase", floor: "Storage", hot: true,
    uses: ["Bytes", "Wire", "OasisCrypto", "OasisTypes", "MKVS", "KeyValueStore"], tests: ["RocksDBStore"]),
  Module(name: "AsyncIO", floor: "Platform", uses: ["CUV", "CLinux"], tests: []),
  Module(name: "AsyncValues", floor: "Platform", tests: []),
  Module(name: "FileSystem", floor: "Platform", tests: []),
  Module(name: "Telemetry", floor: "Platform", tests: []),
  Module(name: "CommandLineTool", floor: "Platform", tests: []),
  // Floor 3
  Module(name: "GRPC", floor: "Network", uses: ["AsyncValues", "Bytes", "AsyncIO", "CNGHTTP2"], tests: ["CLinux", "FuzzSupport"]),
  Module(name: "HTTP", floor: "Network", uses: ["AsyncIO"], tests: ["FuzzSupport"]),
  // Floor 4
  Module(
    name: "CometBFT", floor: "Consensus", hot: true,
    uses: [
      "AsyncValues", "FileSystem", "Bytes", "JSONText", "Protobuf", "OasisCrypto", "KeyValueStore", "Telemetry", "COpenSSL",
    ],
    tests: ["RocksDBStore", "EngineTestSupport", "engine-child", "FuzzSupport"]),
  Module(
    name: "EngineTestSupport", floor: "Tests/Consensus/EngineTestSupport", kind: .development,
    uses: ["Bytes", "CometBFT", "KeyValueStore", "OasisCrypto", "Protobuf", "RocksDBStore", "Telemetry"]),
  Module(
    name: "engine-child", floor: "Tests/Consensus/EngineChild", kind: .development, uses: ["CometBFT", "EngineTestSupport", "Telemetry"],
    program: true),
  Module(
    name: "ConsensusApp", floor: "Consensus", hot: true,
    uses: ["Bytes", "CBOR", "JSONText", "Wire", "OasisCrypto", "OasisTypes", "MKVS", "MKVSDatabase", "CometBFT"],
    tests: ["KeyValueStore"]),
  Module(
    name: "ChainReplay", floor: "Consensus",
    uses: [
      "Bytes", "CBOR", "JSONText", "Wire", "Protobuf", "CometBFT", "ConsensusApp", "OasisCrypto", "OasisTypes", "KeyValueStore",
      "MKVSDatabase", "RocksDBStore", "CZlib",
    ]),
  Module(
    name: "ConsensusService", floor: "Consensus",
    uses: [
      "AsyncValues", "Bytes", "CBOR", "Wire", "OasisCrypto", "OasisTypes", "CometBFT", "ConsensusApp", "Telemetry", "Protobuf",
    ],
    tests: ["KeyValueStore"]),
  Module(
    name: "RuntimeProtocol", floor: "Runtime", hot: true, uses: ["CBOR", "Wire", "JSONText", "OasisCrypto", "OasisTypes", "MKVS"],
    tests: ["Bytes", "FuzzSupport"]),
  Module(
    name: "RuntimeBundle", floor: "Runtime",
    uses: ["FileSystem", "Bytes", "Wire", "OasisCrypto", "OasisTypes", "Telemetry", "COpenSSL", "CZlib"],
    tests: ["FuzzSupport"]),
  Module(
    name: "RuntimeHost", floor: "Runtime",
    uses: [
      "FileSystem", "AsyncValues", "Bytes", "CBOR", "OasisCrypto", "OasisTypes", "AsyncIO", "Telemetry", "RuntimeProtocol",
      "RuntimeBundle", "CSeccomp", "CLinux", "JSONText",
    ],
    tests: ["test-guest", "FuzzSupport"]),
  Module(name: "test-guest", floor: "Tests/Runtime/TestGuest", kind: .development, program: true),  // a runtime in C for the tests
  Module(
    name: "OasisRuntimeSDK", floor: "Runtime",
    uses: [
      "Bytes", "CBOR", "JSONText", "Wire", "OasisCrypto", "OasisTypes", "MKVS", "RuntimeProtocol", "Protobuf",
    ], tests: []),
  Module(
    name: "SimpleKeyValue", floor: "Runtime",
    uses: ["Bytes", "CBOR", "Wire", "OasisCrypto", "OasisTypes", "MKVS", "RuntimeProtocol", "OasisRuntimeSDK"],
    tests: ["RuntimeHost", "RuntimeBundle", "AsyncIO", "Telemetry", "MKVSDatabase", "KeyValueStore"]),
  Module(name: "simple-keyvalue", floor: "Executables", kind: .guest, uses: ["OasisRuntimeSDK", "SimpleKeyValue"]),
  Module(
    name: "RuntimeHistory", floor: "Runtime",
    uses: ["AsyncValues", "Bytes", "CBOR", "Wire", "OasisCrypto", "OasisTypes", "KeyValueStore", "Telemetry"], tests: []),
  Module(
    name: "TransactionPool", floor: "Runtime",
    uses: ["AsyncValues", "Bytes", "OasisCrypto", "OasisTypes", "RuntimeProtocol", "Telemetry"], tests: []),
  // Floor 5
  Module(
    name: "CommitteeWorker", floor: "Workers",
    uses: [
      "AsyncValues", "Bytes", "CBOR", "Wire", "OasisCrypto", "OasisTypes", "MKVSDatabase", "KeyValueStore", "ConsensusApp",
      "ConsensusService", "CometBFT", "Protobuf", "RuntimeProtocol", "RuntimeHost", "RuntimeHistory", "TransactionPool", "Telemetry",
    ], tests: ["MKVS", "WorkerTestSupport"]),
  Module(
    name: "StorageWorker", floor: "Workers",
    uses: [
      "AsyncValues", "Bytes", "OasisCrypto", "OasisTypes", "MKVS", "MKVSDatabase", "RegistrationWorker", "RuntimeHistory", "Telemetry",
    ], tests: ["KeyValueStore", "WorkerTestSupport"]),
  Module(  // a chain, a runtime and stores in memory for the tests of workers
    name: "WorkerTestSupport", floor: "Tests/Workers/WorkerTestSupport", kind: .development,
    uses: [
      "AsyncValues", "Bytes", "CBOR", "Wire", "OasisCrypto", "OasisTypes", "MKVS", "MKVSDatabase", "KeyValueStore", "ConsensusApp",
      "ConsensusService", "CometBFT", "RuntimeProtocol", "RuntimeHost", "RuntimeHistory", "TransactionPool", "CommitteeWorker",
      "Telemetry",
    ]),
  Module(
    name: "ExecutorWorker", floor: "Workers",
    uses: [
      "AsyncValues", "Bytes", "CBOR", "KeyValueStore", "Wire", "OasisCrypto", "OasisTypes", "MKVS", "MKVSDatabase", "ConsensusApp",
      "ConsensusService", "RegistrationWorker", "CommitteeWorker", "RuntimeProtocol", "RuntimeHost", "RuntimeHistory", "TransactionPool",
      "Telemetry",
    ], tests: ["CometBFT", "WorkerTestSupport"]),
  Module(
    name: "ClientWorker", floor: "Workers",
    uses: [
      "AsyncValues", "OasisCrypto", "OasisTypes", "MKVS", "MKVSDatabase", "ConsensusApp", "ConsensusService", "CommitteeWorker",
      "RegistrationWorker", "RuntimeProtocol", "RuntimeHost", "RuntimeHistory", "TransactionPool", "Telemetry",
    ], tests: ["Bytes", "KeyValueStore", "WorkerTestSupport"]),
  Module(
    name: "RegistrationWorker", floor: "Workers",
    uses: [
      "AsyncValues", "OasisCrypto", "OasisTypes", "ConsensusApp", "ConsensusService", "KeyValueStore", "Telemetry",
    ],
    tests: ["CometBFT", "WorkerTestSupport"]),
  Module(
    name: "BeaconWorker", floor: "Workers",
    uses: ["AsyncValues", "OasisCrypto", "OasisTypes", "ConsensusApp", "ConsensusService", "Telemetry", "Bytes"],
    tests: []),
  // Floor 6
  Module(name: "NodeIdentity", floor: "Node", uses: ["FileSystem", "OasisCrypto", "COpenSSL"], tests: []),
  Module(name: "NodeConfiguration", floor: "Node", uses: ["FileSystem", "Bytes", "CBOR", "CYAML", "CLinux"], tests: ["FuzzSupport"]),
  Module(
    name: "NodeAPI", floor: "Node",
    uses: [
      "Bytes", "CBOR", "JSONText", "Wire", "OasisCrypto", "OasisTypes", "MKVS", "Protobuf", "AsyncIO", "Telemetry", "GRPC", "CometBFT",
      "ConsensusApp", "ConsensusService",
    ], tests: ["KeyValueStore", "MKVSDatabase", "GoldenSupport"]),
  Module(
    name: "NodeCommands", floor: "Node",
    uses: [
      "FileSystem", "Bytes", "CBOR", "JSONText", "Wire", "OasisCrypto", "OasisTypes", "Telemetry", "CommandLineTool", "GRPC",
      "ConsensusApp", "ChainReplay", "KeyValueStore", "RocksDBStore", "RegistrationWorker", "NodeAPI", "NodeIdentity",
      "NodeConfiguration",
    ], tests: []),
  Module(name: "oasis-node", floor: "Executables", kind: .tool, uses: ["CommandLineTool", "NodeCommands", "OasisNode"]),
  Module(
    name: "NetRunner", floor: "Node",
    uses: [
      "FileSystem", "Bytes", "CBOR", "JSONText", "Wire", "OasisCrypto", "OasisTypes", "AsyncIO", "GRPC", "CommandLineTool",
      "ConsensusApp", "RuntimeBundle", "NodeIdentity", "NodeConfiguration", "NodeAPI", "CLinux",
    ], tests: ["CometBFT"]),
  Module(name: "oasis-net-runner", floor: "Executables", kind: .tool, uses: ["CommandLineTool", "NetRunner"]),
  Module(name: "orc", floor: "Executables", kind: .tool, uses: ["Bytes", "CommandLineTool", "OasisTypes", "RuntimeBundle"], tests: []),
  Module(
    name: "OasisNode", floor: "Node",
    uses: [
      "FileSystem", "AsyncValues", "Bytes", "CBOR", "Wire", "OasisCrypto", "OasisTypes", "AsyncIO", "Telemetry", "KeyValueStore",
      "RocksDBStore", "MKVS", "MKVSDatabase", "HTTP", "Protobuf", "CometBFT", "ConsensusApp", "ConsensusService", "RuntimeProtocol",
      "RuntimeBundle", "RuntimeHost", "RuntimeHistory", "TransactionPool", "RegistrationWorker", "BeaconWorker", "CommitteeWorker",
      "StorageWorker", "ExecutorWorker", "ClientWorker", "NodeIdentity", "NodeConfiguration", "NodeAPI", "CLinux",
    ], tests: ["NetRunner", "test-guest"]),
  Module(name: "FuzzSupport", floor: "Tests/Support/FuzzSupport", kind: .development, hot: true),
  // Recorded data of the reference and its loaders
  golden("GoldenSupport", uses: ["JSONText", "CZlib"]),
  Module(
    name: "replay-chain", floor: "Tests/Golden/ReplayChain", kind: .development, hot: true,
    uses: ["ChainReplay", "ChainLoaders", "GoldenSupport"], program: true),
  golden(
    "CoreLoaders",
    uses: ["GoldenSupport", "Bytes", "CBOR", "JSONText", "Wire", "OasisCrypto", "OasisTypes", "NodeAPI", "NodeIdentity", "RuntimeBundle"]),
  golden(
    "StorageLoaders",
    uses: [
      "GoldenSupport", "Bytes", "CBOR", "JSONText", "Wire", "OasisCrypto", "OasisTypes", "MKVS", "MKVSDatabase", "KeyValueStore",
      "RocksDBStore",
    ]),
  golden(
    "CometBFTLoaders",
    uses: [
      "GoldenSupport", "Bytes", "JSONText", "Protobuf", "OasisCrypto", "KeyValueStore", "Telemetry", "CometBFT",
    ]),
  golden(
    "ChainLoaders",
    uses: [
      "GoldenSupport", "Bytes", "CBOR", "JSONText", "Wire", "CometBFT", "ConsensusApp", "ChainReplay", "OasisCrypto", "OasisTypes",
    ]),
  golden(
    "RuntimeLoaders",
    uses: [
      "GoldenSupport", "Bytes", "CBOR", "JSONText", "Wire", "OasisCrypto", "OasisTypes", "MKVS", "RuntimeProtocol", "RuntimeBundle",
      "OasisRuntimeSDK", "SimpleKeyValue", "CometBFT", "Protobuf",
    ]),
  golden(
    "NodeLoaders",
    uses: [
      "GoldenSupport", "AsyncIO", "Bytes", "CBOR", "JSONText", "Wire", "MKVS", "OasisTypes", "Telemetry", "GRPC", "CommandLineTool",
      "NodeConfiguration", "NodeAPI", "NodeCommands", "CNGHTTP2",
    ]),
  golden("golden", uses: loaders, program: true),
  Module(
    name: "benchmarks", floor: "Benchmarks", kind: .development,
    uses: [
      "Bytes", "CBOR", "JSONText", "Wire", "OasisCrypto", "OasisTypes", "KeyValueStore", "RocksDBStore", "MKVS", "MKVSDatabase",
      "ConsensusApp", "ChainReplay", "AsyncIO", "Telemetry", "RuntimeProtocol", "RuntimeBundle", "RuntimeHost", "SimpleKeyValue",
      "GoldenSupport", "NodeAPI", "NodeConfiguration", "NetRunner",
    ], program: true),
]
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .enableExperimentalFeature("Lifetimes"),
  .treatAllWarnings(as: .error),
]

/// The modules to build, and those whose tests to build: all, or what `OASIS_MODULES` names.
func selection() -> (built: Set<String>, tested: Set<String>) {
  let all = Set(modules.map(\.name))
  guard let only = ProcessInfo.processInfo.environment["OASIS_MODULES"], !only.isEmpty else { return (all, all) }
  let byName = Dictionary(uniqueKeysWithValues: modules.map { ($0.name, $0) })
  var queue = only.split(separator: ",").map(String.init)
  let named = Set(queue)
  var built: Set<String> = []
  while let name = queue.popLast() {
    guard let module = byName[name], built.insert(name).inserted else { continue }
    queue += module.uses + (named.contains(name) ? module.tests ?? [] : [])
  }
  return (built, named)
}

/// OpenSSL's and GMP's libraries are named here and not in their module maps: a guest links them statically.
func linked(_ kind: Kind) -> [LinkerSetting] {
  kind == .guest
    ? [.linkedLibrary(":libcrypto.a"), .linkedLibrary(":libgmp.a")]
    : [.linkedLibrary("crypto"), .linkedLibrary("gmp")]
}

func targets(of module: Module, tested: Set<String>) -> [Target] {
  let swift = settings + (module.hot ? [.unsafeFlags(["-O"], .when(configuration: .debug))] : [])
  let uses = module.uses.map { Target.Dependency.byName(name: $0) }
  let isProgram = module.kind == .tool || module.kind == .guest || module.program
  let main: Target =
    isProgram
    ? .executableTarget(
      name: module.name, dependencies: uses, path: module.folder, swiftSettings: swift,
      linkerSettings: module.name == "test-guest" ? [.unsafeFlags(["-static-stdlib"])] : linked(module.kind))
    : .target(name: module.name, dependencies: uses, path: module.folder, swiftSettings: swift)
  guard let tests = module.tests, tested.contains(module.name) else { return [main] }
  let test = Target.testTarget(
    name: "\(module.name)Tests", dependencies: Set([module.name] + module.uses + tests).sorted().map { .byName(name: $0) },
    path: "Tests/\(module.floor)/\(module.name)Tests", swiftSettings: settings, linkerSettings: linked(.tool))
  return [main, test]
}

let (wanted, tested) = selection()
let package = Package(
  name: "oasis-node",
  products: modules.filter { wanted.contains($0.name) && $0.kind == .library }.map { .library(name: $0.name, targets: [$0.name]) },
  targets: system.map { .systemLibrary(name: $0.name, path: "Sources/System/\($0.name)", providers: [.apt([$0.package])]) }
    + modules.filter { wanted.contains($0.name) }.flatMap { targets(of: $0, tested: tested) }
    + (tested.contains("golden")
      ? [
        .testTarget(
          name: "GoldenTests", dependencies: loaders.map { .byName(name: $0) }, path: "Tests/Golden/GoldenTests", swiftSettings: settings,
          linkerSettings: linked(.tool))
      ] : [])
    // Real programs, found by OASIS_BIN: the release products.
    + (tested.contains("oasis-net-runner")
      ? [
        .testTarget(
          name: "EndToEndTests",
          dependencies: ["NetRunner", "NodeAPI", "NodeConfiguration", "AsyncIO", "JSONText", "CometBFT", "OasisCrypto", "OasisTypes"],
          path: "Tests/EndToEnd/EndToEndTests",
          exclude: ["foreign_client.py"], swiftSettings: settings, linkerSettings: linked(.tool))
      ] : [])
)
