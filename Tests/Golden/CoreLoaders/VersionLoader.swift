internal import Bytes
public import GoldenSupport
internal import JSONText
internal import OasisCrypto
internal import OasisTypes
internal import Wire

/// `versions-namespaces.jsonl`: versions, namespaces, hashes, roles, addresses of nodes.
public enum VersionLoader: GoldenLoader {
  public static let patterns = ["vectors/core/versions-namespaces.jsonl"]

  public static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    try runCases(file, &report) { item in
      switch item.kind {
      case "parse":
        let version = Version(text: try item.text("text"))
        try expectEqual(version != nil, try item.bool("ok"), "verdict")
        guard let version else { return nil }
        try expectEqual(version, try numbers(item), "version")
      case "version":
        let version = try numbers(item)
        try expectEqual(version.packed, try item.integer("u64"), "packed")
        try expectEqual(Version(packed: version.packed), version, "unpacked")
        try expectEqual(version.description, try item.text("text"), "text")
        try expectEqual(version.cbor(), try item.bytes("cbor"), "CBOR")
        try expectEqual(version.jsonText(), try item.text("json"), "JSON")
        try expectEqual(version.majorOnly.description, try item.text("mask_non_major"), "major")
        try expectEqual(version.isValid, !item.has("basic_error"), "validity")
      case "cmp":
        guard let a = Version(text: try item.text("a")), let b = Version(text: try item.text("b")) else { throw GoldenError("versions") }
        try expectEqual(a < b, try item.bool("less"), "less")
        try expectEqual(a == b, try item.integer("cmp", Int.self) == 0, "equal")
      case "from_u64":
        let version = Version(packed: try item.integer("u64"))
        try expectEqual(version.description, try item.text("text"), "text")
        try expectEqual(version.packed, try item.integer("back"), "back")
      case "current":
        try expectEqual(ProtocolVersions.current.cbor(), try item.bytes("cbor"), "CBOR")
        try expectEqual(ProtocolVersions.current.jsonText(), try item.text("json"), "JSON")
        try expectEqual(ProtocolVersions.current.description, try item.text("text"), "text")
        try expectEqual(ProtocolVersions.current.cometBFTAppVersion, try item.integer("cometbft_app_version"), "app version")
      case "protocols":
        let versions = try ProtocolVersions.decode(cbor: try item.bytes("cbor"))
        try expectEqual(versions.description, try item.text("text"), "text")
        try expectEqual(versions.isCompatible(with: .current), try item.bool("compatible_with_current"), "compatible")
        try expectEqual(versions.isValid, !item.has("basic_error"), "validity")
      case "namespace-test", "namespace-new", "namespace-text": try namespace(item)
      case "hash-text":
        let text = try item.text("text")
        try expectEqual((try? Hash(wireText: text)) != nil, try item.bool("hash_ok"), "hash")
        try expectEqual((try? PublicKey(wireText: text)) != nil, try item.bool("public_key_ok"), "key")
        if item.has("hash") { try expectEqual(try Hash(wireText: text), try item.fixed("hash"), "hash") }
      case "hash-from": try expectEqual(Hash.digest(try item.bytes("cbor")), try item.fixed("hash"), "hash")
      case "hash-bytes": try expectEqual(Hash.digest(try item.bytes("input")), try item.fixed("hash"), "hash")
      case "roles":
        let roles = Roles(rawValue: try item.integer("mask"))
        try expectEqual(roles.text, try item.text("text"), "text")
        try expectEqual(roles.isSingleRole, try item.bool("single"), "single")
      case "roles-parse":
        let roles = Roles(text: try item.text("text"))
        try expectEqual(roles != nil, try item.bool("ok"), "verdict")
        if let roles { try expectEqual(roles.rawValue, try item.integer("mask"), "mask") }
      case "node-address":
        let address = NodeAddress(text: try item.text("text"))
        try expectEqual(address != nil, try item.bool("ok"), "verdict")
        guard let address else { return nil }
        try expectEqual(address.cbor(), try item.bytes("cbor"), "CBOR")
        try expectEqual(address.text, try item.text("text_out"), "text")
        try expectEqual(address.isProbablyGloballyReachable, try item.bool("routable"), "routable")
      case "routable":
        let address = NodeAddress(ip: try item.bytes("ip_bytes"), port: 1)
        try expectEqual(address.isProbablyGloballyReachable, try item.bool("routable"), "routable")
      default: return "module versions of Go"
      }
      return nil
    }
  }

  private static func numbers(_ item: Case) throws -> Version {
    Version(try item.integer("major"), try item.integer("minor"), try item.integer("patch"))
  }

  private static func namespace(_ item: Case) throws {
    switch item.kind {
    case "namespace-test":
      let flags = Namespace.Flags(rawValue: try item.integer("flags"))
      guard let value = Namespace(testSeed: try item.bytes("seed"), flags: flags) else { throw GoldenError("refused") }
      try expectEqual(value, try item.fixed("namespace"), "namespace")
      try expectEqual(value.hex, try item.text("hex"), "hex")
      try expectEqual(value.jsonText(), try item.text("json"), "JSON")
      try expectEqual(value.cbor(), try item.bytes("cbor"), "CBOR")
      try expectEqual(value.hash, try item.fixed("hash"), "hash")
      try expectEqual(value.isTest, try item.bool("is_test"), "test")
      try expectEqual(value.isKeyManager, try item.bool("is_keymanager"), "key manager")
    case "namespace-new":
      let value = Namespace(name: try item.bytes("id"), flags: .init(rawValue: try item.integer("flags")))
      try expectEqual(value != nil, try item.bool("ok"), "verdict")
      if let value { try expectEqual(value, try item.fixed("namespace"), "namespace") }
    default:
      let value = try? Namespace(wireText: try item.text("text"))
      try expectEqual(value != nil, try item.bool("ok"), "verdict")
      if let value { try expectEqual(value, try item.fixed("namespace"), "namespace") }
      try expectEqual(Namespace(hex: try item.text("text")) != nil, !item.has("hex_only_error"), "hex only")
    }
  }
}

/// `keyformat.jsonl`: keys of the consensus state, made and taken apart.
public enum StateKeyLoader: GoldenLoader {
  public static let patterns = ["vectors/core/keyformat.jsonl"]

  public static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    var prefixes: [String: UInt8] = [:]
    try runCases(file, &report) { item in
      let name = "\(try item.text("module"))/\(try item.text("key"))"
      let elements = item.value["elements"]?.array?.compactMap(\.string) ?? []
      let values = item.value["values"]?.array?.compactMap { $0.string ?? $0.integer(UInt8.self).map { "\($0)" } } ?? []
      switch item.kind {
      case "prefix": prefixes[name] = try item.bytes("prefix").first
      case "encode":
        let key = zip(elements, values).reduce(StateKey(prefixes[name] ?? 0)) { adding($1.0, $1.1, to: $0) }
        try expectEqual(key.bytes, try item.bytes("encoded"), "key")
      case "decode":
        // Where the reference crashes on a key that is too short, ours is refused.
        let isTooShort = item.flag("panic") || item.has("panic")
        guard var reader = StateKeyReader(try item.bytes("input"), prefix: prefixes[name] ?? 0) else {
          if !isTooShort { try expectEqual(false, try item.bool("ok"), "prefix") }
          return nil
        }
        var found: [String] = []
        for element in elements { if let value = next(element, &reader) { found.append(value) } }
        let isGood = try !isTooShort && item.bool("ok")
        try expectEqual(found.count == elements.count, isGood, "verdict")
        if isGood { try expectEqual(found, values, "elements") }
      default: throw GoldenError("unknown kind \(item.kind)")
      }
      return nil
    }
  }

  private static func adding(_ element: String, _ value: String, to key: StateKey) -> StateKey {
    let bytes = [UInt8](hex: value) ?? []
    switch element {
    case "hpk", "hns": return key.adding(hashOf: PublicKey(bytes) ?? PublicKey())
    case "u8": return key.adding(UInt8(value) ?? 0)
    case "u64": return key.adding(UInt64(value) ?? 0)
    case "i64": return key.adding(Int64(value) ?? 0)
    default: return key.adding(bytes)
    }
  }

  private static func next(_ element: String, _ reader: inout StateKeyReader) -> String? {
    switch element {
    case "hpk", "hns", "hash": reader.bytes(32)?.hex
    case "addr": reader.bytes(21)?.hex
    case "u8": reader.integer(UInt8.self).map { String($0) }
    case "u64": reader.integer(UInt64.self).map { String($0) }
    case "i64": reader.integer(Int64.self).map { String($0) }
    default: reader.remaining().hex
    }
  }
}
