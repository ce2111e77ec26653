internal import AsyncIO
internal import Foundation
internal import GRPC
internal import GoldenSupport

/// `rpc/http2/*.bin`: whole connections. A server of ours whose handlers answer as recorded is sent what the recorded client sent; headers,
/// bodies and trailers of its answers are the recorded ones.
enum ConnectionLoader: GoldenLoader {
  static let patterns = ["rpc/http2/*.bin"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    var rest = try file.contents()[...]
    var sides: [UInt8: [UInt8]] = [:]
    while rest.count >= 5 {
      let head = Array(rest.prefix(5))
      let length = head[1...].reduce(0) { $0 << 8 | Int($1) }
      sides[head[0], default: []] += rest.dropFirst(5).prefix(length)
      rest = rest.dropFirst(5 + length)
    }
    let (client, server) = (try HTTP2Frames(sides[0] ?? []), try HTTP2Frames(sides[1] ?? []))
    let calls = client.streams.filter { !$0.value.blocks.isEmpty }.sorted { $0.key < $1.key }
    guard !calls.isEmpty else { throw GoldenError("the client made no call") }
    let methods = try calls.map { try method($0.value, answer: server.streams[$0.key] ?? .init()) }
    let wanted = Dictionary(uniqueKeysWithValues: calls.map { ($0.key, server.streams[$0.key] ?? .init()) })
    let ours = try Blocking.wait { try await answer(to: client.withoutFarewells, methods: methods, wanted: wanted) }
    for (id, _) in calls {
      let (mine, theirs) = (ours.streams[id] ?? .init(), wanted[id] ?? .init())
      report.check("stream \(id) headers") { try expectEqual(mine.blocks.first ?? [], theirs.blocks.first ?? [], "headers") }
      report.check("stream \(id) bodies") { try expectEqual(mine.data, theirs.data, "bodies") }
      report.check("stream \(id) trailers") {
        try expectEqual(Array(mine.blocks.dropFirst()), Array(theirs.blocks.dropFirst()), "trailers")
        try expectEqual(mine.hasEnded, theirs.hasEnded, "end of stream")
      }
    }
  }

  /// A method that answers as recorded; what the client cut off goes on for ever.
  private static func method(_ call: HTTP2Frames.Stream, answer: HTTP2Frames.Stream) throws -> GRPCMethod {
    guard let path = call.blocks.first?.first(where: { $0.name == ":path" })?.value else { throw GoldenError("a call without :path") }
    let messages = try answer.messages()
    let status = answer.hasEnded ? GRPCStatus(trailers: answer.blocks.last ?? []) : nil
    if messages.count == 1, status?.code == .ok { return .unary(path) { _ in messages[0] } }
    return .serverStreaming(path) { _, responses in
      for message in messages { try await responses.send(message) }
      guard let status else { return try await Task.sleep(for: .seconds(60)) }
      if status.code != .ok { throw status }
    }
  }

  /// What our server answers, as soon as it is as much as the recorded one did.
  private static func answer(
    to client: [UInt8], methods: [GRPCMethod], wanted: [Int: HTTP2Frames.Stream]
  ) async throws -> HTTP2Frames {
    let path = "\(NSTemporaryDirectory())golden-\(UUID().uuidString.prefix(8)).sock"
    defer { unlink(path) }
    let server = GRPCServer()
    await server.register(methods)
    let listener = try await StreamListener.listen(on: .unix(path))
    async let serving: Void = server.serve(listener)
    let stream = try await ByteStream.connect(to: .unix(path))
    try await stream.write(client)
    var bytes: [UInt8] = []
    var frames = try HTTP2Frames(bytes)
    func isComplete(_ id: Int, _ theirs: HTTP2Frames.Stream) -> Bool {
      guard let mine = frames.streams[id] else { return theirs.blocks.isEmpty }
      return mine.blocks.count >= theirs.blocks.count && mine.data.count >= theirs.data.count && (mine.hasEnded || !theirs.hasEnded)
    }
    while !wanted.allSatisfy({ isComplete($0.key, $0.value) }) {
      let more = try await IO.withTimeout(.seconds(20)) { try await stream.read() }
      if more.isEmpty { break }
      bytes += more
      frames = try HTTP2Frames(bytes)
    }
    await stream.close()
    await server.stop(grace: .zero)
    await serving
    return frames
  }
}
