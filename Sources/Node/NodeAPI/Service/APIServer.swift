public import AsyncIO
internal import GRPC
internal import Glibc
public import Telemetry

/// The node's gRPC server on `internal.sock`: file permissions are the access control. Rule: sheet 09 §5.1, §5.3.
public final class APIServer: Sendable {
  private let server: GRPCServer

  /// - Parameters:
  ///   - logsEveryCall: `--grpc.log.debug`.
  ///   - meters: where calls are counted.
  public init(log: Log, logsEveryCall: Bool = false, meters: MetricsRegistry = MetricsRegistry()) {
    let log = log.module("grpc/internal")
    let metrics = APIMetrics(meters)
    server = GRPCServer(status: { APIErrors.status($0) }, started: metrics.started, streamed: metrics.streamed) { call in
      metrics.finished(call)
      if let status = call.status, status.code != .cancelled {
        log.error("request failed", ["method": call.path, "req_seq": call.sequence, "err": status.message])
      } else if logsEveryCall {
        log.debug("request succeeded", ["method": call.path, "req_seq": call.sequence])
      }
    }
  }

  /// Adds services; also while the server runs.
  public func register(_ services: [any APIService]) async {
    await server.register(services.flatMap { $0.methods })
  }

  /// Makes the socket, in place of one that an earlier run left behind; nobody but the owner may use it. Calls wait until ``serve(_:)``.
  ///
  /// - Throws: `IOError` where something else lies at the path, or somebody answers there: neither is taken away.
  @IO public func listen(path: String) async throws(IOError) -> StreamListener {
    var status = stat()
    if lstat(path, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFSOCK else { throw IOError.invalid("is not a socket: it is left as it is") }
      if let other = try? await ByteStream.connect(to: .unix(path)) {
        other.close()
        throw IOError.invalid("another process answers on this socket")
      }
      unlink(path)
    }
    let old = umask(0o077)
    defer { umask(old) }
    return try StreamListener.listen(on: .unix(path))
  }

  /// Serves until ``stop(grace:)``.
  public func serve(_ listener: StreamListener) async { await server.serve(listener) }

  /// Lets running calls end for up to `grace`, then cuts them off.
  public func stop(grace: Duration = .seconds(5)) async { await server.stop(grace: grace) }
}
