internal import Bytes
internal import CBOR
public import GoldenSupport
internal import JSONText
internal import OasisCrypto
internal import OasisTypes
internal import Wire

/// `transactions.jsonl`: transactions in their envelopes; which open, under which chain, and their hashes.
public enum TransactionLoader: GoldenLoader {
  public static let patterns = ["vectors/core/transactions.jsonl"]

  public static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    var verdicts: [String: Bool] = [:]
    try runCases(file, &report) { item in
      switch item.kind {
      case "genvec": try published(item)
      case "signed": try signed(item)
      case "chain":
        let seed = try item.bytes("seed")
        try envelope(item, try item.bytes("tx"), try item.bytes("signed_tx"), seed: seed, chain: try item.text("chain_context"))
        try expectEqual(Hash.digest(try item.bytes("signed_tx")), try item.fixed("tx_hash"), "hash")
      case "raw":
        verdicts[item.name] = try item.bool("ok")
        try raw(item)
      case "fee":
        let fee = try Fee.decode(cbor: try item.bytes("cbor"))
        try expectEqual(fee.amount.description, try item.text("amount"), "amount")
        try expectEqual(fee.gas, try item.integer("gas"), "gas")
        try expectEqual(fee.gasPrice.description, try item.text("gas_price"), "gas price")
        try expectEqual(fee.cbor().hex, try item.text("cbor"), "CBOR")
      case "account-vector": try AccountKeyCases.published(item)
      case "methods": return "which methods there are is asked of the whole node: the recorded chains call them"
      case "raw-batch":
        // Here a batch is its transactions one by one: the recorded verdicts must be those of the single cases.
        for (name, error) in zip(item.value["cases"]?.array ?? [], item.value["errors"]?.array ?? []) {
          try expectEqual(verdicts[name.string ?? ""], error.isNull, "verdict of \(name.string ?? "")")
        }
      default: throw GoldenError("unknown kind \(item.kind)")
      }
      return nil
    }
  }

  /// Signs the transaction, compares with what was recorded and opens it again.
  private static func envelope(_ item: Case, _ transaction: [UInt8], _ recorded: [UInt8], seed: [UInt8], chain: String) throws {
    let value = try Transaction.decode(cbor: transaction)
    try expectEqual(value.cbor().hex, transaction.hex, "transaction")
    let context = SignatureContext.consensusTransaction.on(chain: chain)
    let envelope = try SignedEnvelope(value, by: MemorySigner(seed: seed), context: context)
    try expectEqual(envelope.cbor().hex, recorded.hex, "signed transaction")
    try expectEqual(try SignedEnvelope.decode(cbor: recorded).open(as: Transaction.self, context: context), value, "opened")
  }

  /// The reference's published vectors. Those not valid only break rules about the body.
  private static func published(_ item: Case) throws {
    let context = try item.text("signature_context")
    guard let chain = context.split(separator: " ").last.map(String.init) else { throw GoldenError("no chain in the context") }
    let recorded = try item.bytes("encoded_signed_tx")
    try envelope(item, try item.bytes("encoded_tx"), recorded, seed: Array(try item.bytes("signer_private_key").prefix(32)), chain: chain)
    try expectEqual(try SignedEnvelope.decode(cbor: recorded).jsonText(), try item.text("signed_tx_json"), "JSON")
    try expectEqual(Hash.digest(recorded), try item.fixed("tx_hash"), "hash")
  }

  private static func signed(_ item: Case) throws {
    let (encoded, recorded) = (try item.bytes("tx"), try item.bytes("signed_tx"))
    try envelope(item, encoded, recorded, seed: try item.bytes("seed"), chain: try item.text("chain_context"))
    let transaction = try Transaction.decode(cbor: encoded)
    try expectEqual(transaction.jsonText(), try item.text("tx_json"), "JSON")
    try expectEqual(transaction.method, try item.text("method"), "method")
    try expectEqual(transaction.body.bytes, try item.optionalBytes("body") ?? [], "body")
    let signed = try SignedEnvelope.decode(cbor: recorded)
    try expectEqual(signed.jsonText(), try item.text("signed_tx_json"), "JSON of the envelope")
    try expectEqual(Address(signed.signature.publicKey).description, try item.text("signer_address"), "signer")
    try expectEqual(Hash.digest(recorded), try item.fixed("tx_hash"), "hash")
    for chain in try item.cases("opens_under") {
      let context = SignatureContext.consensusTransaction.on(chain: try chain.text("chain_context"))
      let opens = (try? signed.open(as: Transaction.self, context: context)) != nil
      try expectEqual(opens, try chain.bool("opens"), "opens under \(try chain.text("chain_context"))")
    }
  }

  /// Bytes as they come in a block.
  private static func raw(_ item: Case) throws {
    let context = SignatureContext.consensusTransaction.on(chain: try item.text("chain_context"))
    let raw = try item.optionalBytes("raw") ?? []
    let opened = Result { () throws -> (SignedEnvelope, Transaction) in
      let envelope = try SignedEnvelope.decode(cborOrAbsent: raw)
      return (envelope, try envelope.open(context: context))
    }
    guard try item.bool("ok") else {
      guard case .failure = opened else { throw GoldenError("opens what the reference refuses") }
      return
    }
    let (envelope, transaction) = try opened.get()
    try expectEqual(envelope.signature.publicKey, try item.fixed("signer"), "signer")
    try expectEqual(transaction.cbor().hex, try item.text("tx"), "transaction")
    try expectEqual(Hash.digest(envelope.cbor()), try item.fixed("tx_hash"), "hash")
    try expectEqual(Hash.digest(raw), try item.fixed("raw_hash"), "hash of the bytes")
    try expectEqual(transaction.method.isEmpty, item.has("sanity_error"), "empty method")
  }
}
