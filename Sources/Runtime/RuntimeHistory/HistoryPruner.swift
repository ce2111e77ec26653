/// Who must agree before rounds are forgotten (08 C7).
public protocol PruneHandler: Sendable {
  /// Whether the rounds may go; throws, with the reason, where they are still needed.
  func prune(_ rounds: [UInt64]) async throws
}

/// How much of a history is kept.
public enum PruneStrategy: Sendable, Hashable {
  /// Everything.
  case none
  /// The last rounds.
  case keepLast(UInt64)
}

extension RuntimeHistory {
  /// Rounds that one pass deletes at most.
  public static let mostPruned = 64

  /// One pass: deletes the lowest rounds below those that are kept, all or, where a handler objects, none. Returns how many.
  @discardableResult
  public func prune(_ strategy: PruneStrategy, handlers: [any PruneHandler]) async throws -> Int {
    guard case .keepLast(let kept) = strategy, let latest = lastRound, latest > kept else { return 0 }
    let rounds = try prunable(upTo: latest - kept)
    guard !rounds.isEmpty else { return 0 }
    for handler in handlers { try await handler.prune(rounds) }
    try forget(rounds)
    return rounds.count
  }

  /// Prunes every `interval` until the task is cancelled, as many passes at a time as there is something to forget; then `after` is run.
  ///
  /// A handler that still needs rounds, or a store that fails, ends the turn; the next one tries again.
  public func prune(
    _ strategy: PruneStrategy, every interval: Duration, handlers: [any PruneHandler],
    sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }, after: @Sendable () async throws -> Void
  ) async {
    guard strategy != .none else { return }
    while (try? await sleep(max(interval, .seconds(1)))) != nil {
      do {
        while try await prune(strategy, handlers: handlers) == Self.mostPruned, !Task.isCancelled {}
        try await after()
      } catch { if !Task.isCancelled { tell(error) } }
    }
  }
}
