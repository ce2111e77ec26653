public import OasisCrypto
internal import Wire

extension Registry {
  /// Whether a check runs for a transaction, for a genesis document or for its sanity check: some rules are softer for the latter two.
  public enum CheckMode: Sendable {
    case live, genesis, sanity

    var isLive: Bool { self == .live }
    var isSanity: Bool { self == .sanity }
  }
}

extension Entity {
  /// Opens a signed entity and checks it (sheet 04 §19.1).
  ///
  /// - Throws: invalid signature, or invalid argument.
  public static func verified(
    _ envelope: SignedEnvelope?, mode: Registry.CheckMode, blacklist: PublicKeyBlacklist
  ) throws(Registry.Failure) -> Entity {
    guard let envelope else { throw .init(.invalidArgument) }
    let entity: Entity
    do { entity = try envelope.open(as: Entity.self, context: .registerEntity, blacklist: blacklist) } catch {
      throw .init(.invalidSignature, "\(error)")
    }
    guard envelope.signature.publicKey == entity.id else { throw .init(.invalidArgument, "entity signed with a key that is not its id") }
    try entity.validate(strict: mode.isLive)
    var seen: Set<PublicKey> = []
    for node in entity.nodes {
      guard !blacklist.contains(node) else { throw .init(.invalidArgument, "invalid node id \(node) in the entity") }
      guard seen.insert(node).inserted else { throw .init(.invalidArgument, "duplicate node id \(node) in the entity") }
    }
    return entity
  }

  /// The version rule: exactly 2 in transactions, 1 or 2 in genesis documents.
  public func validate(strict: Bool) throws(Registry.Failure) {
    guard strict ? version == Self.latestVersion : (1...Self.latestVersion).contains(version) else {
      throw .init(.invalidArgument, "invalid entity descriptor version \(version)")
    }
  }
}
