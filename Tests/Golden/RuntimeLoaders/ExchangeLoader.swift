internal import Bytes
public import GoldenSupport
internal import JSONText
internal import MKVS
internal import OasisCrypto
internal import OasisTypes
internal import RuntimeProtocol
internal import Wire

/// `rhp/cases.jsonl`: single requests with their answers; computed rounds are checked as a host does.
public enum ExchangeLoader: GoldenLoader {
  public static let patterns = ["rhp/cases.jsonl"]

  public static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    let lines = try file.lines()
    let guest = GuestAnswers(lines.map(\.value))
    for line in lines {
      let value = line.value
      let name = (try? value.text("name")) ?? "line \(line.number)"
      report.check(name) { try check(value) }
      GuestRounds.check(value, name, &report)
      guest.check(value, name, &report)
    }
  }

  private static func check(_ value: JSONValue) throws {
    let fromHost = try value.text("direction") == "host>runtime"
    let request = try checkFrame(value.bytes("request"), fromHost: fromHost)
    try expectEqual(request.body.name, value.text("type"), "type")
    guard let frame = try value.optionalBytes("response") else { return }
    let response = try checkFrame(frame, fromHost: !fromHost)
    try expectEqual(response.body.name, value.text("response_type"), "response type")
    try expectEqual(response.id, request.id, "id")
    if case .error(let error) = response.body {
      try expectEqual(error.message, value.text("error"), "error")
      try expectEqual(error.module, value.text("module"), "module")
      try expectEqual(error.code, value["code"]?.integer() ?? .max, "code")
      try expectEqual(CallError(mapping: CodedError(error.module, error.code, error.message)), error, "mapped error")
    }
    for exchange in value["nested"]?.array ?? [] {
      _ = try checkFrame(exchange.bytes("request"), fromHost: false)
      if let answer = try exchange.optionalBytes("response") { _ = try checkFrame(answer, fromHost: true) }
    }
    if case .runtimeExecuteTxBatchRequest(let request) = request.body, case .runtimeExecuteTxBatchResponse(let response) = response.body {
      try checkRound(request, response, value)
    }
  }

  /// What a host checks of a computed round: header, messages, and that the write logs lead to the roots.
  private static func checkRound(
    _ request: RuntimeExecuteTxBatchRequest, _ response: RuntimeExecuteTxBatchResponse, _ value: JSONValue
  ) throws {
    let header = response.batch.header
    try expectEqual(header.round, request.block.header.round + 1, "round")
    try expectEqual(header.previousHash, request.block.header.hash, "previous hash")
    let messages = response.batch.messages ?? []
    try expectEqual(header.messagesHash, messages.isEmpty ? .empty : Hash.of(messages), "messages hash")
    let processed = Array(request.incomingMessages.prefix(Int(header.inMessagesCount)))
    try expectEqual(header.inMessagesHash, processed.isEmpty ? .empty : Hash.of(processed), "incoming messages hash")
    if request.mode == .execute {
      try expectEqual(response.transactionHashes, (request.inputs ?? []).map { Hash.digest($0) }, "transaction hashes")
      try expectEqual(response.inputRoot, request.ioRoot, "input root")
    }

    let io = Tree(type: .io)
    try io.apply(response.inputWriteLog)
    try expectEqual(try io.rootHash(), response.inputRoot, "input root from the write log")
    try io.apply(response.batch.ioWriteLog)
    try expectEqual(try io.rootHash(), header.ioRoot, "I/O root from the write logs")

    guard let before = value["state_before"], let pairs = before["kv"]?.array else { return }
    let state = Tree(type: .state)
    for pair in pairs {
      guard let items = pair.array, items.count == 2, let key = items[0].string.flatMap({ [UInt8](hex: $0) }),
        let content = items[1].string.flatMap({ [UInt8](hex: $0) })
      else { throw GoldenError("malformed state") }
      try state.insert(key, content)
    }
    try expectEqual(try state.rootHash(), request.block.header.stateRoot, "state root before")
    try state.apply(response.batch.stateWriteLog)
    try expectEqual(try state.rootHash(), header.stateRoot, "state root after")
  }
}
