import Bytes
import GoldenSupport
import JSONText
import KeyValueStore
import MKVS
import MKVSDatabase
import OasisCrypto
import OasisTypes
import Wire

let testNamespace = Namespace(hex: "8000000000000000639706ef8981e58900e9fb1bec89f6ff78a5d241c766e062") ?? Namespace()

extension JSONValue {
  func field(_ name: String) throws -> JSONValue {
    guard let value = self[name] else { throw GoldenError("no field \(name)") }
    return value
  }
  func text(_ name: String) throws -> String {
    guard let text = try field(name).string else { throw GoldenError("\(name) is no text") }
    return text
  }
  func number<T: FixedWidthInteger>(_ name: String, _ type: T.Type = T.self) throws -> T {
    let value = try field(name)
    guard let number = value.integer(T.self) ?? value.string.flatMap({ T($0) }) else { throw GoldenError("\(name) is no number") }
    return number
  }
  func list(_ name: String) throws -> [JSONValue] { try field(name).array ?? [] }
  func flag(_ name: String) -> Bool { self[name]?.bool ?? false }
  /// Bytes in hex, or bytes that repeat to a length.
  var bytes: [UInt8] {
    get throws {
      if let text = string, let bytes = [UInt8](hex: text) { return bytes }
      if let fill = self["fill"]?.string, let unit = [UInt8](hex: fill), let count = self["len"]?.integer(Int.self) {
        return (0..<count).map { unit[$0 % unit.count] }
      }
      throw GoldenError("no bytes: \(kind)")
    }
  }
  var optionalBytes: [UInt8]? { get throws { isNull ? nil : try bytes } }
  func bytes(_ name: String) throws -> [UInt8] { try field(name).bytes }
  func hash(_ name: String) throws -> Hash { try Hash(bytes(name)) ?? Hash() }
  var root: Root {
    get throws {
      Root(
        namespace: self["ns"]?.string.flatMap { Namespace(hex: $0) } ?? testNamespace, version: try number("version"),
        type: RootType(rawValue: try number("root_type")), hash: try hash("hash"))
    }
  }
  /// Pairs of key and value (or null), in hex.
  func log(_ name: String) throws -> WriteLog {
    try list(name).map { pair in
      guard let parts = pair.array, parts.count == 2 else { throw GoldenError("\(name): no pair") }
      return LogEntry(try parts[0].bytes, try parts[1].optionalBytes)
    }
  }
}

func sorted(_ log: WriteLog) -> WriteLog { log.sorted { $0.key.lexicographicallyPrecedes($1.key) } }

func log(_ pairs: [(key: [UInt8], value: [UInt8])]) -> WriteLog { pairs.map { LogEntry($0.key, $0.value) } }

/// Whether recorded bytes (in full or as a digest with a length) are these.
func expectBytes(_ ours: [UInt8]?, _ recorded: JSONValue, _ what: String) throws {
  if let digest = recorded["sha512_256"]?.string {
    try expectEqual(ours.map { Hash.digest($0).hex }, digest, what)
    try expectEqual(ours?.count, recorded["len"]?.integer(), what)
  } else {
    try expectEqual(ours?.hex, try recorded.optionalBytes?.hex, what)
  }
}

/// Runs `body`, which should fail as recorded: same module and code where there is one, same text where it is the tree's own.
func expectFailure(_ recorded: JSONValue, _ what: String, _ body: () throws -> Void) throws {
  do { try body() } catch {
    let text = recorded["error"]?.string ?? ""
    if let module = recorded["module"]?.string {
      let coded = CodedError(error)
      try expectEqual("\(coded.module)/\(coded.code)", "\(module)/\(try recorded.number("code", UInt32.self))", what)
    } else if ["mkvs: ", "verifier: ", "transaction: ", "iterator: "].contains(where: text.hasPrefix), !text.contains("cbor"),
      !text.contains("EOF"), !text.contains("unmarshal")
    {
      try expectEqual("\(error)", text, what)
    }
    return
  }
  throw GoldenError("\(what): accepted, but should fail with \(recorded["error"]?.string ?? "a crash of the reference")")
}

extension JSONValue {
  var isFailure: Bool { self["error"] != nil || flag("panic") }
}

/// The generator of the recorded data.
struct SplitMix64 {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }
  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
  mutating func bytes(_ count: Int) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(count + 8)
    while result.count < count { withUnsafeBytes(of: next().littleEndian) { result.append(contentsOf: $0) } }
    result.removeLast(result.count - count)
    return result
  }
}
