internal import Bytes
internal import CBOR
internal import GoldenSupport
internal import JSONText
internal import OasisCrypto
internal import OasisTypes
internal import Wire

/// `sdk/addresses.jsonl`: accounts in ParaTimes (sheet 11 A.2.6).
struct SDKAddressLoader: GoldenLoader {
  static let patterns = ["sdk/addresses.jsonl"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    try runCases(file, &report) { item in
      guard let source = item.value["source"].map(Case.init) else {
        try decode(item)
        return nil
      }
      guard let address = try derive(source) else { return "addresses of secp256k1 keys come with the SDK's modules" }
      try expectEqual(address, try item.fixed("address"), "address")
      try expectEqual(address.description, try item.text("bech32"), "text")
      return nil
    }
  }

  private static func decode(_ item: Case) throws {
    if item.has("text") {
      let address = Address(text: try item.text("text"))
      try expectEqual(address != nil, try item.bool("ok"), "verdict")
      if let address { try expectEqual(address, try item.fixed("address"), "address") }
    } else if let count = item.name.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) {
      try expectEqual(Address([UInt8](repeating: 0, count: count)) != nil, try item.bool("ok"), "verdict")
    }
  }

  /// Nil for keys of a scheme that is not there yet.
  private static func derive(_ source: Case) throws -> Address? {
    func inRuntime(_ kind: String, _ data: [UInt8]) throws -> Address {
      guard let context = AddressContext("oasis-runtime-sdk/address: \(kind)", version: 0) else { throw GoldenError("context") }
      return Address(context: context, data: data)
    }
    if source.has("runtime_id") { return Address(context: .runtime, data: try source.bytes("runtime_id")) }
    if source.has("eth_address") { return try inRuntime("secp256k1eth", try source.bytes("eth_address")) }
    if source.has("kind_raw") { return try inRuntime("module", Array("\(try source.text("module")).".utf8) + source.bytes("kind_raw")) }
    if source.value["module"] != nil {
      return try inRuntime("module", Array("\(try source.text("module")).\(try source.text("kind"))".utf8))
    }
    let form = try source.bytes("address_spec_cbor")
    // `{signature: {SCHEME: key}}` or `{multisig: configuration}`, the latter hashed as it stands.
    let spec = try [String: RawCBOR].decode(cbor: form)
    if let configuration = spec["multisig"] { return try inRuntime("multisig", configuration.bytes) }
    guard let (scheme, key) = try spec["signature"].map({ try [String: [UInt8]].decode(cbor: $0.bytes) })?.first else {
      throw GoldenError("an address of neither a key nor several")
    }
    switch scheme {
    case "ed25519": return PublicKey(key).map { Address($0) }
    case "sr25519": return try inRuntime("sr25519", key)
    default: return nil
    }
  }
}
