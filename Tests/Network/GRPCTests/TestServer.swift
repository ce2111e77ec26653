import Bytes
import AsyncIO
import Foundation
import GRPC
import Synchronization

/// A server on a unix socket of its own, with methods for every shape.
final class TestServer: Sendable {
  struct Odd: Error, CustomStringConvertible { let description = "odd: 100 % of ünïcode\n" }

  let server: GRPCServer
  let path: String
  let finished = Mutex<[GRPCServer.Finished]>([])
  /// Calls of `Wait` that began, and handlers that were cancelled.
  let started = Atomic<Int>(0), cancelled = Atomic<Int>(0)

  init(_ change: (inout GRPCServer.Limits) -> Void = { _ in }) async throws {
    var limits = GRPCServer.Limits()
    change(&limits)
    path = "/tmp/grpc-\(UUID().uuidString.prefix(12)).sock"
    let box = Box()
    server = GRPCServer(limits: limits, finished: { call in box.owner?.finished.withLock { $0.append(call) } })
    box.owner = self
    await server.register([
      .unary("/t.Test/Echo") { $0.message },
      .unary("/t.Test/Void") { _ in [] },
      .unary("/t.Test/Fail") { _ in
        throw GRPCStatus(.unknown, "control: not implemented", detail: [UInt8](base64: "omRjb2RlAWZtb2R1bGVnY29udHJvbA==") ?? [])
      },
      .unary("/t.Test/Odd") { _ in throw Odd() },
      .unary("/t.Test/Metadata") { call in Array(call.metadata.map { "\($0.name)=\($0.value)" }.sorted().joined(separator: ",").utf8) },
      .unary("/t.Test/Wait") { [self] _ in
        started.add(1, ordering: .relaxed)
        do { try await Task.sleep(for: .seconds(100)) } catch {
          cancelled.add(1, ordering: .relaxed)
          throw error
        }
        return []
      },
      .serverStreaming("/t.Test/Count") { call, out in
        for number in 0..<(Int(String(decoding: call.message, as: UTF8.self)) ?? 0) { try await out.send(Array("\(number)".utf8)) }
      },
      .serverStreaming("/t.Test/Flood") { [self] _, out in
        do { while true { try await out.send([UInt8](repeating: 7, count: 100_000)) } } catch {
          cancelled.add(1, ordering: .relaxed)
          throw error
        }
      },
      .serverStreaming("/t.Test/FailLate") { _, out in
        try await out.send([1])
        throw GRPCStatus(.notFound, "late")
      },
      .unary("/oasis-core.NodeController/IsSynced") { _ in [0xf5] },
      .unary("/oasis-core.Registry/GetEntity") { _ in
        throw GRPCStatus(.unknown, "registry: no such entity", detail: TestServer.noSuchEntity)
      },
    ])
    let listener = try await StreamListener.listen(on: .unix(path))
    Task { await server.serve(listener) }
  }

  /// `{code: 9, module: "registry"}`, as recorded.
  static let noSuchEntity: [UInt8] =
    [0xa2, 0x64] + Array("code".utf8) + [9, 0x66] + Array("module".utf8) + [0x68] + Array("registry".utf8)

  private final class Box: Sendable {
    private let value = Mutex<Weak>(Weak())
    struct Weak { weak var owner: TestServer? }
    var owner: TestServer? {
      get { value.withLock { $0.owner } }
      set { value.withLock { $0.owner = newValue } }
    }
  }

  func client(_ change: (inout GRPCClient.Options) -> Void = { _ in }) -> GRPCClient {
    var options = GRPCClient.Options()
    change(&options)
    return GRPCClient(.unix(path), options: options)
  }

  /// Waits for something that other tasks bring about; a minute is long enough for the busiest machine.
  static func eventually(_ condition: @Sendable () -> Bool) async throws -> Bool {
    let end = ContinuousClock.now + .seconds(60)
    while !condition() {
      guard ContinuousClock.now < end else { return false }
      try await IO.sleep(for: .milliseconds(5))
    }
    return true
  }
}
