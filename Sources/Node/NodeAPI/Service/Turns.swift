/// Lets heavy answers be made one after the other, in the order asked.
actor Turns {
  private var last: Task<Void, Never>?

  /// Runs `body` after all that came before; not at all where the caller has left meanwhile.
  func run<Answer: Sendable>(_ body: @escaping @Sendable () async throws -> Answer) async throws -> Answer {
    let before = last
    let task = Task {
      await before?.value
      try Task.checkCancellation()
      return try await body()
    }
    last = Task { _ = try? await task.value }
    return try await withTaskCancellationHandler {
      try await task.value
    } onCancel: {
      task.cancel()
    }
  }
}
