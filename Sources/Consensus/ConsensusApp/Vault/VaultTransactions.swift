internal import CBOR
internal import OasisTypes
internal import Wire

/// The methods of the vault service (sheet 06 C.4, C.5).
extension VaultService {
  func create(_ context: Context, _ body: Vault.Create) throws {
    let state = VaultsState(context.state)
    let parameters = try state.parameters()
    for authority in [body.adminAuthority, body.suspendAuthority] {
      if let violation = authority.violation(of: parameters) { throw VaultError.invalidArgument.detailed(violation) }
    }
    if context.isCheckOnly { return }
    try context.gas.use(1, Vault.GasOp.create, parameters.gasCosts)
    if context.isSimulation { return }
    let staking = StakingState(context.state)
    var vault = Vault.Account()
    // The nonce as it is after the transaction's fee: the number is unique among the creator's vaults.
    (vault.creator, vault.id, vault.state) = (context.caller, try staking.account(context.caller).general.nonce, .active)
    (vault.adminAuthority, vault.suspendAuthority) = (body.adminAuthority, body.suspendAuthority)
    guard try VaultsState.vaults.get(context.state, vault.address) == nil else { throw VaultError.invalidArgument }
    state.setVault(vault)
    var hook = AccountHook()
    hook.module = Vault.moduleName
    try staking.setAccountHook(vault.address, .withdraw, hook)
  }

  func authorizeAction(_ context: Context, _ body: Vault.AuthorizeAction) throws {
    let state = VaultsState(context.state)
    let parameters = try state.parameters()
    if body.vault.isReserved { throw VaultError.invalidArgument }
    if let violation = body.action.violation(of: parameters) { throw VaultError.invalidArgument.detailed(violation) }
    var vault = try state.vault(body.vault)
    guard body.nonce == vault.nonce else { throw VaultError.invalidNonce }
    let authorities = vault.authorities(for: body.action)
    guard authorities.contains(where: { $0.contains(context.caller) }) else { throw VaultError.forbidden }
    if context.isCheckOnly { return }
    try context.gas.use(1, Vault.GasOp.authorizeAction, parameters.gasCosts)

    // A context of its own, as the depth of nested calls counts it.
    try context.transaction { try authorize($0, body, &vault, authorities, parameters) }
  }

  private func authorize(
    _ context: Context, _ body: Vault.AuthorizeAction, _ vault: inout Vault.Account, _ authorities: [Vault.Authority],
    _ parameters: Vault.Parameters
  ) throws {
    let state = VaultsState(context.state)
    var pending = Vault.PendingAction()
    if let stored = try VaultsState.pendingActions.get(context.state, body.vault, body.nonce) {
      guard stored.action.cbor() == body.action.cbor() else { throw VaultError.invalidArgument }
      pending = stored
    } else {
      (pending.nonce, pending.action) = (body.nonce, body.action)
    }
    var submitted = Vault.ActionSubmitted()
    (submitted.submitter, submitted.vault, submitted.nonce) = (context.caller, body.vault, body.nonce)
    context.emit(submitted)
    var authorizedBy = pending.authorizedBy ?? []
    if !authorizedBy.contains(context.caller) {
      authorizedBy.append(context.caller)
      pending.authorizedBy = authorizedBy
      VaultsState.pendingActions.set(context.state, body.vault, body.nonce, to: pending)
    }
    guard authorities.contains(where: { $0.isSatisfied(by: authorizedBy) }) else { return }

    var executed = Vault.ActionExecuted()
    (executed.vault, executed.nonce) = (body.vault, body.nonce)
    do { try execute(context, body.action, &vault, parameters) } catch  where !error.isFatal {
      let code = ResultCode(of: error)
      (executed.result.module, executed.result.code) = (code.module, code.code)
    }
    context.emit(executed)
    VaultsState.pendingActions.remove(context.state, body.vault, body.nonce)
    vault.nonce &+= 1  // one an action
    state.setVault(vault)
  }

  func cancelAction(_ context: Context, _ body: Vault.CancelAction) throws {
    let state = VaultsState(context.state)
    let parameters = try state.parameters()
    if body.vault.isReserved { throw VaultError.invalidArgument }
    var vault = try state.vault(body.vault)
    guard body.nonce == vault.nonce else { throw VaultError.invalidNonce }
    guard [vault.adminAuthority, vault.suspendAuthority].contains(where: { $0.contains(context.caller) }) else {
      throw VaultError.forbidden
    }
    if context.isCheckOnly { return }
    try context.gas.use(1, Vault.GasOp.cancelAction, parameters.gasCosts)
    if context.isSimulation { return }
    guard let pending = try VaultsState.pendingActions.get(context.state, body.vault, body.nonce) else { throw VaultError.noSuchAction }
    guard vault.authorities(for: pending.action).contains(where: { $0.contains(context.caller) }) else { throw VaultError.forbidden }
    var canceled = Vault.ActionCanceled()
    (canceled.vault, canceled.nonce) = (body.vault, body.nonce)
    context.emit(canceled)
    VaultsState.pendingActions.remove(context.state, body.vault, body.nonce)
    vault.nonce &+= 1  // one an action
    state.setVault(vault)
  }

  /// Does what an action says (sheet 06 C.6). Changes of the vault itself are for the caller to write.
  private func execute(_ context: Context, _ action: Vault.Action, _ vault: inout Vault.Account, _ parameters: Vault.Parameters) throws {
    if action.suspend != nil { return setState(context, &vault, .suspended) }
    if action.resume != nil { return setState(context, &vault, .active) }
    if let message = action.executeMessage {
      try context.subcall(caller: vault.address, method: message.method, body: message.body.bytes)
    } else if let update = action.updateWithdrawPolicy {
      var state = try VaultsState.addressStates.get(context.state, vault.address, update.address) ?? Vault.AddressState()
      state.update(policy: update.policy)
      VaultsState.addressStates.set(context.state, vault.address, update.address, to: state)
      var event = Vault.PolicyUpdated()
      (event.vault, event.address) = (vault.address, update.address)
      context.emit(event)
    } else if let update = action.updateAuthority {
      if let violation = action.violation(of: parameters) { throw VaultError.invalidArgument.detailed(violation) }
      if let authority = update.adminAuthority { vault.adminAuthority = authority }
      if let authority = update.suspendAuthority { vault.suspendAuthority = authority }
      var event = Vault.AuthorityUpdated()
      event.vault = vault.address
      context.emit(event)
    } else {
      throw VaultError.unsupportedAction
    }
  }

  private func setState(_ context: Context, _ vault: inout Vault.Account, _ state: Vault.State) {
    guard vault.state != state else { return }
    var event = Vault.StateChanged()
    (event.vault, event.oldState, event.newState) = (vault.address, vault.state, state)
    vault.state = state
    context.emit(event)
  }
}
