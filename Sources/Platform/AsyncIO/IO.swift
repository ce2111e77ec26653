/// The actor of everything that touches the event loop: one thread for all sockets, timers and children of the process.
///
/// Code isolated to `@IO` runs on the loop's thread. It must not block: no file system work, no hashing of megabytes, no `sync`.
@globalActor public actor IO {
  public static let shared = IO()

  /// The loop; also a task executor, for tasks whose every step should run there.
  public static nonisolated let loop = IOLoop()

  /// The loop's thread runs what is isolated to this actor.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { Self.loop.asUnownedSerialExecutor() }

  /// Starts a task that prefers the loop's thread, so that resuming from a read costs no wake-up of another thread.
  ///
  /// Use it for connections: `IO.spawn { await serve(connection) }` where `serve` is an `@IO` or nonisolated function.
  @discardableResult
  public static nonisolated func spawn<Value: Sendable>(
    _ body: @escaping @Sendable () async -> Value
  ) -> Task<Value, Never> {
    Task(executorPreference: loop) { await body() }
  }

  /// Runs `body` at once; traps when the caller is not on the loop's thread. For callbacks of C libraries.
  public static nonisolated func assumeIsolated<Value: Sendable>(_ body: @IO () -> Value) -> Value {
    loop.checkIsolated()
    return withoutActuallyEscaping(body) { (body: @escaping @IO () -> Value) -> Value in
      // The closure's type differs only in its isolation, which was checked; a global actor has no `assumeIsolated` of its own.
      unsafeBitCast(body, to: (() -> Value).self)()
    }
  }
}
