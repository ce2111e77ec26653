internal import Bytes
internal import CometBFT
internal import ConsensusApp
internal import Foundation
internal import JSONText
internal import OasisCrypto
internal import OasisTypes
internal import Protobuf
internal import Wire

/// A chain recorded block by block, in the folder format of `golden/chains` (its README lists the files).
public struct RecordedChain {
  public let folder: String
  let genesis: Genesis
  let chainContext: String
  /// The genesis that CometBFT starts from.
  let engineGenesis: CometBFT.GenesisDocument
  private let recordedEngine: JSONValue

  /// - Throws: ``ReplayError`` if a file is missing or damaged.
  public init(folder: String) throws {
    self.folder = folder
    func file(_ name: String) throws -> RecordedFile {
      guard let file = RecordedFile(folder, name) else { throw ReplayError("\(folder)/\(name): no such file") }
      return file
    }
    let document = try file("genesis.json").contents()
    do { genesis = try Genesis(json: document) } catch { throw ReplayError("\(folder)/genesis.json: \(error)") }
    chainContext = try file("meta.json").json().text("chain_context")
    let engine = try file("cometbft_genesis.json").json()
    recordedEngine = engine
    engineGenesis = try genesis.engineGenesis(chainContext: chainContext, allowsDebug: true, blacklist: .reserved)
  }

  /// The height of the first block.
  public var initialHeight: Int64 { engineGenesis.initialHeight }

  /// What CometBFT passes to InitChain.
  var initChain: CometBFT.InitChainRequest {
    CometBFT.InitChainRequest(
      time: engineGenesis.time, chainID: engineGenesis.chainID, consensusParameters: engineGenesis.consensusParameters,
      validators: engineGenesis.validators.map { ValidatorUpdate(ed25519: $0.publicKey, power: $0.power) },
      appState: engineGenesis.appState,
      initialHeight: engineGenesis.initialHeight)
  }

  /// Compares chain context and the engine's genesis with the recorded ones.
  public func checkGenesis() throws {
    func expect(_ ours: String, _ theirs: String, _ what: String) throws {
      guard ours == theirs else { throw ReplayDifference(phase: "genesis", text: "\(what) \(ours), recorded \(theirs)") }
    }
    try expect(try genesis.chainContext, chainContext, "chain context")
    try expect(engineGenesis.chainID, try recordedEngine.text("chain_id"), "chain id")
    try expect(
      engineGenesis.consensusParameters.protobuf().hex, try recordedEngine.text("consensus_params_proto_hex"), "consensus parameters")
    let ours = engineGenesis.validators.map { "\($0.publicKey.hex) \($0.power) \($0.name)" }
    let theirs = try (recordedEngine.member("validators").array ?? []).map {
      "\(try $0.text("pub_key")) \(try $0.number("power")) \(try $0.text("name"))"
    }
    try expect(ours.sorted().joined(separator: ", "), theirs.sorted().joined(separator: ", "), "validators")
    try expect("\(engineGenesis.appState.count)", "\(try recordedEngine.number("app_state_length"))", "length of the application state")
    try expect(Hash.digest(engineGenesis.appState).hex, try recordedEngine.text("app_state_sha512_256"), "hash of the application state")
  }

  static func hex(_ text: String) throws -> [UInt8] {
    guard let bytes = [UInt8](hex: text) else { throw ReplayError("\(text) is not hexadecimal") }
    return bytes
  }

  static func base64(_ text: String) throws -> [UInt8] {
    guard let bytes = [UInt8](base64: text) else { throw ReplayError("\(text.prefix(40)) is not base64") }
    return bytes
  }

  /// The state after InitChain: version, root, and every key with its value.
  func initialState() throws -> (root: [UInt8], pairs: [(key: [UInt8], value: [UInt8])])? {
    guard let file = RecordedFile(folder, "init_state.jsonl") else { return nil }
    let lines = try file.lines()
    guard let head = try lines.next() else { throw ReplayError("\(file.path): empty") }
    var pairs: [(key: [UInt8], value: [UInt8])] = []
    while let line = try lines.next() {
      guard let pair = line.array, pair.count == 2, let key = pair[0].string, let value = pair[1].string else {
        throw ReplayError("\(file.path): a line is not a pair")
      }
      pairs.append((try Self.hex(key), try Self.base64(value)))
    }
    return (try Self.hex(try head.text("root")), pairs)
  }

  /// Upgrades that every node of the network was told of: all `upgrade-*.json` of the folder, by name.
  func upgrades() throws -> [Upgrade.Descriptor] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let plain = Set(names.filter { $0.hasPrefix("upgrade-") }.map { $0.hasSuffix(".gz") ? String($0.dropLast(3)) : $0 })
    return try plain.filter { $0.hasSuffix(".json") }.sorted().compactMap { RecordedFile(folder, $0) }.map { file in
      do { return try Upgrade.Descriptor.decode(json: try file.json()) } catch { throw ReplayError("\(file.path): \(error)") }
    }
  }

  /// How many blocks are recorded.
  public func blockCount() throws -> Int {
    guard let lines = try RecordedFile(folder, "blocks.jsonl")?.lines() else { return 0 }
    var count = 0
    while try lines.next() != nil { count += 1 }
    return count
  }

  /// The recorded export of the state after a height, if there is one.
  func export(_ height: Int64) throws -> JSONValue? { try RecordedFile(folder, "state/\(height).json")?.json() }

  /// The changes by phase at a height, if they were recorded.
  func trace(_ height: Int64) throws -> [(phase: String, writes: [Write])]? {
    guard let lines = try RecordedFile(folder, "trace.jsonl")?.lines() else { return nil }
    while let line = try lines.next() {
      guard try line.number("height") == height else { continue }
      return try (line.member("phases").array ?? []).map { (try $0.text("phase"), try Write.list($0.member("writes"))) }
    }
    return nil
  }
}

/// A recorded change of one key.
struct Write: Equatable {
  var key: [UInt8]
  /// Nil if the key was removed.
  var value: [UInt8]?

  static func list(_ json: JSONValue) throws -> [Write] {
    try (json.array ?? []).map { entry in
      guard let pair = entry.array, pair.count == 2, let key = pair[0].string else { throw ReplayError("a write is not a pair") }
      return Write(key: try RecordedChain.hex(key), value: try pair[1].string.map { try RecordedChain.base64($0) })
    }
  }
}

/// A recorded block with what its execution gave.
struct RecordedBlock {
  var height: Int64
  var hash: [UInt8]
  var block: Block
  var responses: BlockResponses
  var appHashBefore: [UInt8]
  var appHashAfter: [UInt8]
  var writes: [Write]
  /// The validators that sign this height, in order: key and power.
  var validators: [(key: [UInt8], power: Int64)]
  /// Method and error text of each transaction, for reports.
  var labels: [String]

  init(_ json: JSONValue) throws {
    height = try json.number("height")
    hash = try RecordedChain.hex(json.member("block_id").text("hash"))
    block = try Block(protobuf: try RecordedChain.base64(json.text("block")))
    responses = try BlockResponses(protobuf: try RecordedChain.base64(json.text("abci_responses")))
    appHashBefore = try RecordedChain.hex(json.text("app_hash_before"))
    appHashAfter = try RecordedChain.hex(json.text("app_hash_after"))
    writes = try Write.list(json.member("writes"))
    validators = try (json.member("validators").array ?? []).map { entry in
      guard let parts = entry.array, parts.count == 3, let key = parts[0].string, let power = parts[1].integer(Int64.self) else {
        throw ReplayError("a validator is not a triple")
      }
      return (try RecordedChain.hex(key), power)
    }
    labels = (json["txs"]?.array ?? []).map { "\($0["method"]?.string ?? "undecodable")\($0["error"]?.string.map { ": \($0)" } ?? "")" }
  }
}
