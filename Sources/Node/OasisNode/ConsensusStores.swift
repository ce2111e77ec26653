internal import AsyncValues
internal import FileSystem
internal import NodeConfiguration
internal import RuntimeHistory
internal import Synchronization

/// Says that the chain has to stop: at an upgrade, or at the height or epoch of the configuration. Rule: sheet 03 §15.4.
final class ChainHalt: Sendable {
  struct Moment: Sendable {
    /// The last committed height.
    var height: Int64
    var reason: String
  }

  private let moment = Mutex<Moment?>(nil)
  private let gate = Gate()

  var hasCome: Bool { gate.isOpen }

  func note(height: Int64, reason: String) {
    moment.withLock { if $0 == nil { $0 = Moment(height: height, reason: reason) } }
    gate.open()
  }

  /// Returns when it has come; throws `CancellationError` where the task is cancelled first.
  func wait() async throws -> Moment {
    try await gate.wait()
    return moment.withLock { $0 } ?? Moment(height: 0, reason: "")
  }
}

/// The runtimes' histories, which are made from old states of the consensus layer. Rule: sheet 08 §C7.
final class StateReaders: Sendable {
  private let histories = Mutex<[RuntimeHistory]>([])

  func add(_ history: RuntimeHistory) { histories.withLock { $0.append(history) } }

  /// States above the last indexed height of any history are still needed.
  var neededFrom: Int64 { histories.withLock { $0.map { $0.indexedHeight + 1 }.min() } ?? .max }
}

/// The stores of the consensus layer, of which none goes without the others.
enum ConsensusStore {
  /// Those that are not there yet.
  static func absent(_ directory: DataDirectory) -> [String] {
    ["blockstore.rocksdb.db", "state.rocksdb.db"].map { "\(directory.consensusData)/\($0)" }.filter { !Files.exists($0) }
  }

  /// A store that was removed while the state of a height stayed is not made anew: the chain could not go on from it.
  static func check(_ absent: [String], height: Int64) throws(StartError) {
    guard let first = absent.first else { return }
    throw StartError(
      "consensus: \(first) is missing, but the consensus state of height \(height) is there",
      remedy: "put a copy of the whole folder 'consensus' back, of one time; or, to fetch the chain anew from peers, remove its folders "
        + "'data' and 'state', and keep oasis_priv_validator.json")
  }
}
