internal import Bytes
public import GoldenSupport
internal import JSONText
internal import OasisCrypto
internal import OasisTypes
internal import Wire

/// `addresses.jsonl`: derivations and texts, account keys.
public enum AddressLoader: GoldenLoader {
  public static let patterns = ["vectors/core/addresses.jsonl"]

  public static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    try runCases(file, &report) { item in
      switch item.kind {
      case "staking": try forms(item, Address(try item.fixed("public_key", PublicKey.self)))
      case "runtime": try forms(item, Address(runtime: try item.fixed("runtime_id", Namespace.self)))
      case "module": try forms(item, Address(module: try item.text("module"), kind: try item.text("module_kind")))
      case "vault":
        guard let creator = Address(text: try item.text("creator")) else { throw GoldenError("creator") }
        try forms(item, Address(vaultOf: creator, id: try item.integer("id")))
      case "context":
        guard let context = AddressContext(try item.text("identifier"), version: try item.integer("version")) else {
          throw GoldenError("context refused")
        }
        try expectEqual(Address(context: context, data: try item.bytes("data")), try item.fixed("address"), "address")
      case "context-error":
        if item.name.hasSuffix("duplicate") { return "contexts are values: nothing is registered" }
        guard AddressContext(try item.text("identifier"), version: 0) == nil else { throw GoldenError("accepted") }
      case "hrp": return "prefixes are not registered"
      case "decode":
        let address = Address(text: try item.text("text"))
        try expectEqual(address != nil, try item.bool("ok"), "verdict")
        guard let address else { return nil }
        try expectEqual(address, try item.fixed("address"), "address")
        try expectEqual(address.description, try item.text("bech32"), "text")
      case "bech32":
        guard let groups = try item.optionalBytes("groups") else {
          guard Bech32.decode(try item.text("text")) == nil else { throw GoldenError("accepted") }
          return nil
        }
        guard Bech32.decode(try item.text("text")) == nil else { return nil }
        // What does not fill bytes is refused here and accepted by the reference's lower layer.
        guard groups.count * 5 % 8 != 0 else { throw GoldenError("refused") }
      default: try AccountKeyCases.run(item)
      }
      return nil
    }
  }

  private static func forms(_ item: Case, _ address: Address) throws {
    try expectEqual(address, try item.fixed("address"), "address")
    try expectEqual(address.description, try item.text("bech32"), "text")
    try expectEqual(address.cbor(), try item.bytes("cbor"), "CBOR")
    try expectEqual(address.jsonText(), try item.text("json"), "JSON")
    try expectEqual(address.isReserved, try item.bool("reserved"), "reserved")
  }
}

/// `quantity.jsonl`: amounts in all forms, and their arithmetic.
public enum QuantityLoader: GoldenLoader {
  public static let patterns = ["vectors/core/quantity.jsonl"]

  public static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    try runCases(file, &report) { item in
      switch item.kind {
      case "forms":
        let value = try quantity(item, "value")
        try expectEqual(value.bigEndianBytes, try item.bytes("binary"), "bytes")
        try expectEqual(value.cbor(), try item.bytes("cbor"), "CBOR")
        try expectEqual(value.description, try item.text("text"), "text")
        try expectEqual(value.jsonText(), try item.text("json"), "JSON")
        try expectEqual(value.isZero, try item.bool("is_zero"), "zero")
      case "op": try operation(item)
      case "nil-operand": return "there are no absent amounts"
      case "from_int64":
        let value = Quantity(exactly: try item.integer("value", Int64.self))
        try expectEqual(value == nil, item.has("error"), "refused")
        try expectEqual(value ?? .zero, try quantity(item, "result"), "value")
      case "text":
        let value = Quantity(text: try item.text("text"))
        try expectEqual(value != nil, try item.bool("ok"), "verdict")
        if let value { try expectEqual(value.description, try item.text("value"), "value") }
      case "json":
        var value = try quantity(item, "initial")
        let ok = (try? value.update(json: try JSONParser.parse(try item.text("json")))) != nil
        try expectEqual(ok, try item.bool("ok"), "verdict")
        try expectEqual(value.description, try item.text("value"), "value")
      case "binary":
        let value = Quantity(bigEndianBytes: try item.bytes("binary"))
        try expectEqual(value.description, try item.text("value"), "value")
        try expectEqual(value.bigEndianBytes, try item.bytes("reencoded"), "bytes")
      case "frac":
        let text = try quantity(item, "value").decimalText(exponent: try item.integer("exponent"))
        try expectEqual(text, try item.text("text"), "text")
      case "amount":
        let text = try quantity(item, "value").tokenText(
          symbol: try item.text("symbol"), exponent: try item.integer("exponent"), sign: try item.text("sign"))
        try expectEqual(text, try item.text("text"), "text")
      case "rate": try expectEqual(try quantity(item, "value").rateText, try item.text("text"), "text")
      default: throw GoldenError("unknown kind \(item.kind)")
      }
      return nil
    }
  }

  private static func quantity(_ item: Case, _ key: String) throws -> Quantity {
    guard let value = Quantity(text: try item.text(key)) else { throw GoldenError("\(key): no amount") }
    return value
  }

  private static func operation(_ item: Case) throws {
    var a = try quantity(item, "a")
    let b = try quantity(item, "b")
    if try item.text("op") == "cmp" {
      let order = try item.integer("result", Int.self)
      return try expectEqual(a < b ? -1 : a == b ? 0 : 1, order, "order")
    }
    var destination = item.has("destination_before") ? try quantity(item, "destination_before") : .zero
    var result: Quantity?
    var failure: QuantityError?
    do throws(QuantityError) {
      switch item.value["op"]?.string {
      case "add": a += b
      case "sub": try a.subtract(b)
      case "mul": a = a * b
      case "quo": a = try a.divided(by: b)
      case "sub_up_to": result = a.subtractUpTo(b)
      case "move": try destination.move(b, from: &a)
      case "move_up_to": result = destination.moveUpTo(b, from: &a)
      default: failure = .invalidQuantity
      }
    } catch {
      failure = error
    }
    try expectEqual(failure?.description ?? "", item.value["error"]?.string ?? "", "error")
    try expectEqual(a.description, try item.text("a_after"), "a")
    if item.has("destination_after") {
      try expectEqual(destination.description, try item.text("destination_after"), "destination")
    }
    if item.has("result") { try expectEqual(result?.description ?? "", try item.text("result"), "result") }
  }
}
