internal import Dispatch
internal import Synchronization

/// Between loaders, which are synchronous, and the asynchronous parts that they check.
public enum Blocking {
  /// Waits for an asynchronous body. Never on a thread of Swift's pool: there are as many as cores, and the body needs one.
  public static func wait<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) throws -> Value {
    let (done, result) = (DispatchSemaphore(value: 0), Box<Value>())
    Task.detached {
      let outcome: Result<Value, any Error>
      do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
      result.value.withLock { $0 = outcome }
      done.signal()
    }
    done.wait()
    guard let outcome = result.value.withLock({ $0 }) else { throw GoldenError("no answer") }
    return try outcome.get()
  }

  private final class Box<Value: Sendable>: Sendable { let value = Mutex<Result<Value, any Error>?>(nil) }
}

extension GoldenRun {
  /// Two threads of our own: a loader that blocks holds none of Swift's pool.
  private static let queues = [DispatchQueue(label: "golden 0"), DispatchQueue(label: "golden 1")]

  /// Checks one file on a thread of its own, for callers on Swift's pool.
  public func runAside(_ file: GoldenFile, with loader: any GoldenLoader.Type) async -> GoldenReport {
    await withCheckedContinuation { continuation in
      Self.queues[file.path.utf8.count % Self.queues.count].async { continuation.resume(returning: self.run(file, with: loader)) }
    }
  }
}
