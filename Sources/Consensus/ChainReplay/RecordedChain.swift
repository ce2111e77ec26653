import Bytes
import CometBFT
import ConsensusApp
import JSONText
import Protobuf

/// A chain recorded block by block, in the folder format of `golden/chains` (its README lists the files).
public struct RecordedChain {
  public let folder: String
  let genesis: Genesis
  let chainContext: String
  /// What CometBFT passes to InitChain.
  let initChain: CometBFT.InitChainRequest

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
    let validators = try (engine.member("validators").array ?? []).map { validator in
      ValidatorUpdate(ed25519: try Self.hex(validator.text("pub_key")), power: try validator.number("power"))
    }
    let parameters = try CometBFT.ConsensusParameters(protobuf: try Self.hex(engine.text("consensus_params_proto_hex")))
    initChain = CometBFT.InitChainRequest(
      time: try Self.time(try engine.text("genesis_time")), chainID: try engine.text("chain_id"), consensusParameters: parameters,
      validators: validators, appState: [], initialHeight: try engine.number("initial_height"))
  }

  static func hex(_ text: String) throws -> [UInt8] {
    guard let bytes = [UInt8](hex: text) else { throw ReplayError("\(text) is not hexadecimal") }
    return bytes
  }

  static func base64(_ text: String) throws -> [UInt8] {
    guard let bytes = [UInt8](base64: text) else { throw ReplayError("\(text.prefix(40)) is not base64") }
    return bytes
  }

  /// RFC 3339 in UTC with up to nine decimals of a second.
  static func time(_ text: String) throws -> CometBFT.Timestamp {
    let parts = text.split { "-T:Z.".contains($0) }.map(String.init)
    guard parts.count >= 6, text.hasSuffix("Z"), let year = Int64(parts[0]), let month = Int64(parts[1]), let day = Int64(parts[2]),
      let hour = Int64(parts[3]), let minute = Int64(parts[4]), let second = Int64(parts[5]), (1...12).contains(month)
    else { throw ReplayError("\(text) is not a time") }
    let fraction = parts.count > 6 ? Int32((parts[6] + "000000000").prefix(9)) ?? 0 : 0
    // Days since 1970 by the civil calendar: years that begin in March put the leap day at their end.
    let shifted = month > 2 ? year : year - 1
    let era = shifted / 400, yearOfEra = shifted % 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    return CometBFT.Timestamp(seconds: days * 86_400 + hour * 3_600 + minute * 60 + second, nanoseconds: fraction)
  }

  /// The state after InitChain: version, root, and every key with its value.
  func initialState() throws -> (root: [UInt8], pairs: [(key: [UInt8], value: [UInt8])])? {
    guard let file = RecordedFile(folder, "init_state.jsonl") else { return nil }
    var lines = try file.lines()
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

  /// The recorded export of the state after a height, if there is one.
  func export(_ height: Int64) throws -> JSONValue? { try RecordedFile(folder, "state/\(height).json")?.json() }

  /// The changes by phase at a height, if they were recorded.
  func trace(_ height: Int64) throws -> [(phase: String, writes: [Write])]? {
    guard var lines = try RecordedFile(folder, "trace.jsonl")?.lines() else { return nil }
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
