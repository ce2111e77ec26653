internal import CometBFT
internal import Foundation
internal import Protobuf

/// Gathers what a validator has given out, from its logs, and finds two things signed for one height, round and step.
public struct SignatureCheck {
  private struct Place: Hashable {
    var height: Int64, round: Int32, step: Int
  }
  private var signed: [Place: [UInt8]] = [:]
  /// One line for each contradiction.
  public private(set) var contradictions: [String] = []
  public var count: Int { signed.count }

  public init() {}

  /// Takes in the own messages of all logs in a folder, set-aside ones too.
  public mutating func read(folder: String) throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasPrefix("wal") {
      let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")))
      for case .record(let record) in WALCoding.decode(bytes) {
        guard case .message(let record) = record.message?.kind, record.peer.isEmpty else { continue }
        switch record.message.kind {
        case .vote(let message):
          if let vote = message.vote { note(vote.height, vote.round, vote.type == .prevote ? 2 : 3, vote.blockID) }
        case .proposal(let message): note(message.proposal.height, message.proposal.round, 1, message.proposal.blockID)
        default: break
        }
      }
    }
  }

  private mutating func note(_ height: Int64, _ round: Int32, _ step: Int, _ blockID: BlockID) {
    let place = Place(height: height, round: round, step: step), id = blockID.protobuf()
    if let old = signed.updateValue(id, forKey: place), old != id { contradictions.append("height \(height) round \(round) step \(step)") }
  }
}
