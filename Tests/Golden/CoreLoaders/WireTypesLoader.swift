internal import Bytes
public import CBOR
public import GoldenSupport
internal import JSONText
internal import OasisCrypto
internal import OasisTypes
public import Wire

/// A raw value of no bytes: apart from an absent one only in the reference's memory and JSON.
private struct EmptyRawValue: Error {}

/// A wire type: its check by a case, and its decoders.
struct TypeCheck: Sendable {
  let check: @Sendable (Case) throws -> Void
  let decoders: WireDecoders
  /// What is wrong with values made up from the type's declaration; see ``WireCheck``.
  let problems: @Sendable (_ seed: UInt64, _ rounds: Int, _ mode: DecodingMode) -> [String]
  func callAsFunction(_ item: Case) throws { try check(item) }
}

/// The decoders of a wire type without the type.
public struct WireDecoders: Sendable {
  /// A random value in both encodings.
  public let sample: @Sendable (inout WireRandom) -> (cbor: [UInt8], json: [UInt8])
  /// Decodes, and encodes again in both ways.
  public let read: @Sendable ([UInt8], DecodingMode) throws -> Void
  public let readJSON: @Sendable ([UInt8]) throws -> Void

  public init<T: WireValue>(_ type: T.Type) {
    sample = { random in
      let value = T.random(using: &random)
      return (value.cbor(), Array(((try? value.checkedJSONText()) ?? "null").utf8))
    }
    read = { bytes, mode in
      let value = try T.decode(cbor: bytes, mode: mode)
      _ = try? value.checkedJSONText()
      _ = value.cbor()
    }
    readJSON = { _ = try T.decode(json: $0).cbor() }
  }
}

/// The decoders of every wire type that is listed, by its name in the reference.
public var wireDecoders: [(name: String, decoders: WireDecoders)] {
  WireTypesLoader.checks.sorted { $0.key < $1.key }.map { ($0.key, $0.value.decoders) }
}

/// The check of a wire type: both encodings, both ways.
func wireType<T: WireValue>(_ type: T.Type) -> TypeCheck { typeCheck(type, json: true) }

/// The check of a wire type that travels in CBOR only.
func cborType<T: WireValue>(_ type: T.Type) -> TypeCheck { typeCheck(type, json: false) }

private func typeCheck<T: WireValue>(_ type: T.Type, json: Bool) -> TypeCheck {
  TypeCheck(
    check: encodings(of: type, json: json), decoders: WireDecoders(type),
    problems: { WireCheck.problems(type, seed: $0, rounds: $1, mode: $2) })
}

private func encodings<T: WireValue>(of type: T.Type, json: Bool) -> @Sendable (Case) throws -> Void {
  { item in
    let cbor = try item.bytes("cbor")
    let decoded = Result { () throws -> T in try T.decode(cbor: cbor) }
    switch try item.text("redecode") {
    case "error":
      guard case .failure = decoded else { throw GoldenError("decodes what the reference refuses") }
    case "differs": try expectEqual(try decoded.get().cbor().hex, try item.text("redecode_cbor"), "CBOR")
    default: try expectEqual(try decoded.get().cbor().hex, cbor.hex, "CBOR")
    }
    guard let value = try? decoded.get() else { return }
    try expectEqual(Hash.digest(cbor), try item.fixed("hash"), "hash")
    guard json else { return }
    guard item.has("json") else {
      guard (try? value.checkedJSONText()) == nil else { throw GoldenError("prints JSON where the reference cannot") }
      return
    }
    let text = try item.text("json")
    switch try item.text("redecode") {
    case "equal": try expectEqual(value.jsonText(), text, "JSON")
    case "same-bytes":  // the encoding does not hold all of the value: its JSON text has to do
      guard let value = try? T.decode(json: text) else { break }
      let ours = value.jsonText()
      func plain(_ text: String) -> String { text.replacing(":\"\"", with: ":null") }
      if ours != text, plain(ours) == plain(text) { throw EmptyRawValue() }
      try expectEqual(ours, text, "JSON")
    default: break
    }
    let again = Result { () throws -> T in try T.decode(json: text) }
    switch try item.text("json_redecode") {
    case "error":
      guard case .failure = again else { throw GoldenError("decodes JSON that the reference refuses") }
    case "differs": try expectEqual(try again.get().cbor().hex, try item.text("json_redecode_cbor"), "CBOR of JSON")
    default: try expectEqual(try again.get().cbor().hex, cbor.hex, "CBOR of JSON")
    }
  }
}

/// `cbor-types.jsonl`: every wire type. Each service lists its types in a table of its own.
public enum WireTypesLoader: GoldenLoader {
  public static let patterns = ["vectors/core/cbor-types.jsonl"]

  static let tables: [[String: TypeCheck]] = [
    commonTypes,
    beaconTypes, schedulerTypes,
    registryTypes, rootHashTypes,
    governanceTypes, vaultTypes, keyManagerTypes, churpTypes,
    stakingTypes, consensusTypes, apiTypes, keyManagerRequestTypes,
  ]

  static let checks: [String: TypeCheck] = tables.reduce(into: [:]) { $0.merge($1) { first, _ in first } }

  public static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    let checks = checks
    try runCases(file, &report) { item in
      let type = try item.text("type")
      guard let check = checks[type] else { return "types of \(type.prefix { $0 != "." }) that no table lists" }
      do { try check(item) } catch is EmptyRawValue { return "an empty raw value prints as null: nobody writes one" }
      return nil
    }
  }

  /// The names of all types that the tables list.
  public static let names: [String] = checks.keys.sorted()

  /// What is wrong with made-up values of a type, in every mode of decoding.
  public static func problems(of name: String, seed: UInt64, rounds: Int) -> [String] {
    [DecodingMode.untrusted, .trusted, .rpc].flatMap { checks[name]?.problems(seed, rounds, $0) ?? ["no type \(name)"] }
  }
}

let commonTypes: [String: TypeCheck] = [
  "common.Quantity": wireType(Quantity.self), "common.Hash": wireType(Hash.self), "common.PublicKey": wireType(PublicKey.self),
  "common.RawSignature": wireType(Signature.self), "common.Namespace": wireType(Namespace.self),
  "common.Version": wireType(Version.self), "common.ProtocolVersions": wireType(ProtocolVersions.self),
  "common.Signature": wireType(KeyedSignature.self), "common.Signed": wireType(SignedEnvelope.self),
  "common.MultiSigned": wireType(MultiSigned.self), "common.VRFProof": wireType(KeyedVRFProof.self),
]
