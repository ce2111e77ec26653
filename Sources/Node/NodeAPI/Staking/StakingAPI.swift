internal import ConsensusApp
public import ConsensusService
public import GRPC
public import OasisTypes

/// Reads of the staking service. Rule: sheet 04 §15.
public struct StakingAPI: APIService {
  private let backend: any ConsensusBackend
  private let genesis: OasisTypes.GenesisDocument

  /// - Parameters:
  ///   - genesis: the document that the chain began with; states of early releases take the token's name from it.
  public init(_ backend: any ConsensusBackend, genesis: OasisTypes.GenesisDocument) { (self.backend, self.genesis) = (backend, genesis) }

  public var methods: [GRPCMethod] { amounts + accounts + delegations }

  private var amounts: [GRPCMethod] {
    let (table, backend, genesis) = (MethodTable("Staking"), backend, genesis)
    return [
      table.answer("StateToGenesis") { (height: Int64) in
        try await backend.read(height) { try StakingService().section($0, original: genesis, as: StakingGenesis.self) }
      },
      table.answer("TokenSymbol") { (height: Int64) in
        let symbol = try await backend.read(height) { try StakingState($0).parameters().tokenSymbol }
        return symbol.isEmpty ? genesis.staking.tokenSymbol : symbol
      },
      table.answer("TokenValueExponent") { (height: Int64) in
        let exponent = try await backend.read(height) { try StakingState($0).parameters().tokenValueExponent }
        return exponent == 0 ? genesis.staking.tokenValueExponent : exponent
      },
      table.answer("TotalSupply") { (height: Int64) in try await backend.read(height) { try StakingState($0).totalSupply() } },
      table.answer("CommonPool") { (height: Int64) in try await backend.read(height) { try StakingState($0).commonPool() } },
      table.answer("LastBlockFees") { (height: Int64) in try await backend.read(height) { try StakingState($0).lastBlockFees() } },
      table.answer("GovernanceDeposits") { (height: Int64) in
        try await backend.read(height) { try StakingState($0).governanceDeposits() }
      },
      table.answer("Threshold") { (query: ThresholdQuery) in
        try await backend.read(query.height) { tree in
          guard let amount = try StakingState(tree).parameters().thresholds[query.kind] else { throw AppError.invalidThreshold }
          return amount
        }
      },
      table.answer("ConsensusParameters") { (height: Int64) in try await backend.read(height) { try StakingState($0).parameters() } },
      table.answer("GetEvents") { (height: Int64) in try await backend.events(height, StakingEvent.self) },
      table.stream("WatchEvents") { (send: Sink<StakingEvent>) in try await backend.watchEvents { try await send($0) } },
    ]
  }

  private var accounts: [GRPCMethod] {
    let (table, backend) = (MethodTable("Staking"), backend)
    return [
      table.answer("Addresses") { (height: Int64) in
        try await backend.read(height) { try StakingState.accounts.entries($0).map { $0.key }.nilIfEmpty }
      },
      table.answer("CommissionScheduleAddresses") { (height: Int64) in
        try await backend.read(height) { try StakingState.commissionAddresses.keys($0).nilIfEmpty }
      },
      table.answer("Account") { (query: OwnerQuery) in try await backend.read(query.height) { try $0.account(query.owner) } },
      table.answer("Allowance") { (query: AllowanceQuery) in
        try await backend.read(query.height) {
          try StakingState($0).account(query.owner).general.allowances[query.beneficiary] ?? .zero
        }
      },
    ]
  }

  private var delegations: [GRPCMethod] {
    let (table, backend) = (MethodTable("Staking"), backend)
    return [
      table.answer("DelegationsFor") { (query: OwnerQuery) in
        try await backend.read(query.height) { try $0.delegations(of: query.owner) }
      },
      table.answer("DelegationInfosFor") { (query: OwnerQuery) in
        try await backend.read(query.height) { tree in
          var infos: [Address: DelegationInfo] = [:]
          for (escrow, delegation) in try tree.delegations(of: query.owner) {
            infos[escrow] = DelegationInfo(shares: delegation.shares, pool: try StakingState(tree).account(escrow).escrow.active)
          }
          return infos
        }
      },
      table.answer("DelegationsTo") { (query: OwnerQuery) in
        try await backend.read(query.height) { tree in
          let entries = try StakingState.delegations.entries(tree, under: query.owner)
          return Dictionary(entries.map { ($0.key.1, $0.value) }) { first, _ in first }
        }
      },
      table.answer("DebondingDelegationsFor") { (query: OwnerQuery) in
        try await backend.read(query.height) { try $0.debonding(of: query.owner) }
      },
      table.answer("DebondingDelegationInfosFor") { (query: OwnerQuery) in
        try await backend.read(query.height) { tree in
          var infos: [Address: [DebondingDelegationInfo]] = [:]
          for (escrow, delegations) in try tree.debonding(of: query.owner) {
            let pool = try StakingState(tree).account(escrow).escrow.debonding
            infos[escrow] = delegations.map { delegation in
              var info = DebondingDelegationInfo()
              (info.shares, info.debondEnd, info.pool) = (delegation.shares, delegation.debondEnd, pool)
              return info
            }
          }
          return infos
        }
      },
      table.answer("DebondingDelegationsTo") { (query: OwnerQuery) in
        try await backend.read(query.height) { tree in
          var found: [Address: [DebondingDelegation]] = [:]
          for (key, delegation) in try StakingState.debondingDelegations.entries(tree) where key.1 == query.owner {
            found[key.0, default: []].append(delegation)
          }
          return found
        }
      },
    ]
  }
}

extension StateTree {
  /// An account; the pools that have an address appear as accounts of their amount.
  fileprivate func account(_ address: Address) throws -> Account {
    let staking = StakingState(self)
    func pool(_ amount: Quantity) -> Account {
      var account = Account()
      account.general.balance = amount
      return account
    }
    switch address {
    case .commonPool: return pool(try staking.commonPool())
    case .feeAccumulator: return pool(try staking.lastBlockFees())
    case .governanceDeposits: return pool(try staking.governanceDeposits())
    default: return try staking.account(address)
    }
  }

  fileprivate func delegations(of delegator: Address) throws -> [Address: Delegation] {
    let entries = try StakingState.delegationsByDelegator.entries(self, under: delegator)
    return Dictionary(entries.map { ($0.key.1, $0.value) }) { first, _ in first }
  }

  fileprivate func debonding(of delegator: Address) throws -> [Address: [DebondingDelegation]] {
    var found: [Address: [DebondingDelegation]] = [:]
    for (key, delegation) in try StakingState.debondingDelegations.entries(self, under: delegator) {
      found[key.1, default: []].append(delegation)
    }
    return found
  }
}
