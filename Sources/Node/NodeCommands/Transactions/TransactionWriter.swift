internal import FileSystem
internal import CBOR
internal import CommandLineTool
internal import Glibc
internal import JSONText
internal import NodeIdentity
internal import OasisCrypto
internal import OasisTypes
internal import Wire

/// Makes, shows, signs and saves a transaction, as all `gen_*` commands do. Rule: sheet 09 §3.8.
struct TransactionWriter {
  private let environment: CommandEnvironment
  private let document: GenesisDocument
  private let path: String
  private var call: Invocation { environment.call }

  /// Reads the network's document, whose hash separates signatures of this network from others'.
  init(_ environment: CommandEnvironment) throws {
    self.environment = environment.named("cmd/common/consensus")
    document = try NodeCommands.loadGenesis(self.environment, problem: "failed to retrieve genesis document").document
    path = environment.call[TransactionFlags.file]
    guard !path.isEmpty else { throw self.environment.failure("failed to determine tx file") }
  }

  /// Shows the transaction, asks where a terminal is there to answer, and writes it: signed as JSON, or unsigned as CBOR.
  ///
  /// - Parameters:
  ///   - body: the transaction's body; nil where the method takes none.
  ///   - shown: the body as JSON for people.
  ///   - signer: nil to load the entity's key.
  func write(method: String, body: RawCBOR?, shown: some WireValue, signer: MemorySigner? = nil) throws {
    guard let gas = UInt64(call[TransactionFlags.feeGas]) else {
      throw environment.failure("failed to parse gas limit", ["err": "not a number", "gas": call[TransactionFlags.feeGas]])
    }
    let fee = Fee(amount: Quantity(call[TransactionFlags.feeAmount]), gas: gas)
    let transaction = Transaction(nonce: call[TransactionFlags.nonce], fee: fee, method: method, body: body ?? RawCBOR())
    if call[TransactionFlags.unsigned] {
      return try save("failed to save unsigned transaction") { try Files.write(transaction.cbor(), to: path) }
    }
    let signer = try signer ?? loadSigner()
    show(transaction, shown.jsonText(indent: "  "))
    try confirm()
    let context = SignatureContext.consensusTransaction.on(chain: document.chainContext)
    try save("failed to save signed transaction") {
      try CommandEnvironment.write(SignedEnvelope(transaction, by: signer, context: context).jsonText(indent: "  "), to: path)
    }
  }

  private func loadSigner() throws -> MemorySigner {
    do { return try EntityFiles(environment).load().signer } catch {
      throw environment.failure("failed to load signer", ["err": "\(error)"])
    }
  }

  private func save(_ problem: String, _ body: () throws -> Void) throws {
    do { try body() } catch { throw environment.failure(problem, ["err": "\(error)"]) }
  }

  // MARK: Asking the user

  private func show(_ transaction: Transaction, _ body: String) {
    let fee = transaction.fee ?? Fee()
    let lines = [
      "You are about to sign the following transaction:", "  Method: \(transaction.method)", "  Body:",
      body.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n"),
      "  Nonce:  \(transaction.nonce)", "  Fee:", "    Amount: \(amount(fee.amount))", "    Gas limit: \(fee.gas)",
      "    (gas price: \(amount(fee.gasPrice)) per gas unit)", "Other info:", "  Genesis document's hash: \(document.chainContext)",
    ]
    call.console.print(lines.map { $0 + "\n" }.joined())
  }

  /// In tokens where the network's document names them well, in base units otherwise. Rule: sheet 01 §8.5.
  private func amount(_ quantity: Quantity) -> String {
    let (symbol, exponent) = (document.staking.tokenSymbol, document.staking.tokenValueExponent)
    guard (1...8).contains(symbol.utf8.count), exponent <= 20 else { return "\(quantity) base units" }
    return "\(quantity.decimalText(exponent: exponent)) \(symbol)"
  }

  private func confirm() throws {
    guard !call[TransactionFlags.assumeYes], isatty(STDIN_FILENO) == 1 else { return }
    while true {
      call.console.print("\nAre you sure you want to continue? (y)es/(n)o: ")
      switch readLine()?.lowercased() {
      case "y", "yes": return
      case "n", "no", nil: throw CommandFailure.exit(1)
      default: continue
      }
    }
  }
}
