internal import Bytes
public import CometBFT

/// Looks into the state that a block or InitChain left; for replays and checks.
extension ConsensusApplication {
  /// What one phase of a block changed, relative to the state right before it. Keys that were written with an equal value are left out.
  public struct Phase {
    /// `begin`, `tx N` or `end`.
    public var name: String
    public var writes: [(key: [UInt8], value: [UInt8]?)]
    /// Why the phase could not be finished.
    public var failure: (any Error)?
  }

  /// All keys and values of the working state.
  public func workingStateContents() throws -> [(key: [UInt8], value: [UInt8])] { try state.contents() }

  /// The root that a commit would give now.
  public func executedStateRoot() throws -> [UInt8] { try state.root(version: chain.lastHeight + 1).bytes }

  /// Executes a block on the last committed state, phase by phase, and drops it again. Block metadata is not compared.
  public func traceBlock(_ request: BeginBlockRequest, _ transactions: [[UInt8]]) throws -> [Phase] {
    try resetProposal(hash: request.hash)
    var phases: [Phase] = []
    func run(_ name: String, _ body: () throws -> Void) throws {
      let layer = StateTree(over: state.overlay)
      tracedLayer = layer
      defer { tracedLayer = nil }
      var phase = Phase(name: name, writes: [])
      do { try body() } catch { phase.failure = error }
      for (key, value) in layer.pendingChanges where try state.overlay.get(key) != value { phase.writes.append((key, value)) }
      layer.commit()
      phases.append(phase)
    }
    try run("begin") { _ = try runBeginBlock(request.header, request.lastCommit, request.misbehavior) }
    for (index, transaction) in transactions.enumerated() { try run("tx \(index)") { _ = try runTransaction(transaction) } }
    try run("end") { _ = try runEndBlock(height: request.header.height) }
    try resetProposal()
    return phases
  }
}
