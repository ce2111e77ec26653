internal import AsyncValues
internal import CommitteeWorker
internal import ConsensusService
internal import OasisCrypto
public import OasisTypes
internal import Telemetry
internal import TransactionPool

// What comes from other members of the committee.

extension ExecutorWorker {
  /// Takes a proposal of another member of the committee. Rule: sheet 08 §B6.2.
  public func receive(_ proposal: RootHash.Proposal) async throws(ProposalRefusal) {
    guard let committee = dispatch?.committee else { throw ProposalRefusal(description: "no committee yet", isPermanent: false) }
    guard let rank = committee.schedulerRank(round: proposal.header.round, id: proposal.nodeID) else {
      throw ProposalRefusal(description: "the proposer is no worker of the committee", isPermanent: true)
    }
    guard proposal.isSignatureValid(runtime: runtimeID, chainContext: backend.chainContext, blacklist: .production) else {
      throw ProposalRefusal(description: "bad signature", isPermanent: true)
    }
    do { try machine.keep(proposal, rank: rank) } catch {
      throw ProposalRefusal(description: "\(error)", isPermanent: error == .old)
    }
    await inbox.send(.machine(.proposal, round: 0))
  }

  /// A scheduler's commitment to its own proposal ends the turn of the ranks after it, as soon as it is seen. Rule: sheet 08 §C4.2.
  func observe(_ commitment: RootHash.ExecutorCommitment) async {
    let header = commitment.header.header
    guard let round = machine.round, header.round == round.number, header.previousHash == round.previousHash,
      commitment.nodeID == commitment.header.schedulerID, commitment.nodeID != node.publicKey,
      let rank = dispatch?.committee?.schedulerRank(round: header.round, id: commitment.nodeID),
      commitment.isSignatureValid(runtime: runtimeID, chainContext: backend.chainContext, blacklist: .production)
    else { return }
    await handle(.committed(schedulerRank: rank))
  }

  /// Asks peers for transactions until all are there or the wait is given up. Rule: sheet 08 §C4.5.
  func startFetch(_ hashes: [Hash], round: UInt64) {
    fetch?.cancel()
    fetch = Task { [inbox, peers, pool, log] in
      var missing = Set(hashes)
      var backoff = Backoff(from: .milliseconds(100), to: .seconds(2), growing: .half)
      while !missing.isEmpty, !Task.isCancelled {
        do {
          let found = try await peers.transactions(Array(missing)).map { (Hash.digest($0), $0) }.filter { missing.contains($0.0) }
          await pool.addProposed(found.map(\.1))
          missing.subtract(found.map(\.0))
          if !found.isEmpty {
            let bytes = found.reduce(0 as UInt64) { $0 + UInt64($1.1.count) }
            await inbox.send(.machine(.fetched(found.map(\.0), bytes: bytes), round: round))
          }
        } catch { log.debug("failed to fetch transactions", ["err": "\(error)"]) }
        guard !missing.isEmpty, (try? await Task.sleep(for: backoff.next())) != nil else { return }
      }
    }
  }
}
