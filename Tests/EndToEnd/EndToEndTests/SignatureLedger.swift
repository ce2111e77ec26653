import CometBFT
import Foundation
import JSONText
import NetRunner
import NodeConfiguration

/// What the validator of a network has signed in all its lives, from the places that tell: its write-ahead log and its signing state.
///
/// A signature covers the moment too, and the same thing is never signed anew: so two signatures for one step are two things signed.
struct SignatureLedger {
  struct Step: Hashable, Comparable, CustomStringConvertible {
    var height: Int64
    var round: Int32
    /// As in the signing state: 1 proposal, 2 prevote, 3 precommit.
    var step: Int
    static func < (a: Self, b: Self) -> Bool { (a.height, a.round, a.step) < (b.height, b.round, b.step) }
    var description: String { "height \(height), round \(round), step \(step)" }
  }

  private(set) var signatures: [Step: Set<[UInt8]>] = [:]
  private let directory: DemoDirectory

  init(_ directory: DemoDirectory) { self.directory = directory }

  /// Steps with more than one signature.
  var doubleSigned: [Step] { signatures.filter { $0.value.count > 1 }.keys.sorted() }

  /// Reads what lies on disk; no node may run.
  mutating func read() throws {
    let log = (directory.node.consensusWAL as NSString).deletingLastPathComponent
    for name in (try? FileManager.default.contentsOfDirectory(atPath: log)) ?? [] {
      for case .record(let record) in WALCoding.decode(try bytes("\(log)/\(name)")) { note(record) }
    }
    if FileManager.default.fileExists(atPath: directory.node.validatorState) { try readState() }
  }

  private func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

  private mutating func note(_ record: TimedWALMessage) {
    guard case .message(let info) = record.message?.kind, info.peer.isEmpty else { return }
    switch info.message.kind {
    case .proposal(let message):
      let proposal = message.proposal
      note(Step(height: proposal.height, round: proposal.round, step: 1), proposal.signature)
    case .vote(let message):
      guard let vote = message.vote else { return }
      note(Step(height: vote.height, round: vote.round, step: vote.type == .prevote ? 2 : 3), vote.signature)
    default: return
    }
  }

  private mutating func note(_ step: Step, _ signature: [UInt8]) { signatures[step, default: []].insert(signature) }

  private mutating func readState() throws {
    let state = try JSONParser.parse(try bytes(directory.node.validatorState))
    guard let text = state["signature"]?.string, let signature = Data(base64Encoded: text),
      let height = state["height"]?.integer(Int64.self),
      let round = state["round"]?.integer(Int32.self), let step = state["step"]?.integer(Int.self)
    else { return }
    note(Step(height: height, round: round, step: step), Array(signature))
  }
}
