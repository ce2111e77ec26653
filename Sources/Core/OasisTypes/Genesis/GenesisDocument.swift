internal import Bytes
public import JSONText
public import OasisCrypto
public import Wire

/// The genesis document: what every node of a network starts from (sheet 01 §14).
///
/// The network is identified by the hash of the document's CBOR; the file is its JSON.
public struct GenesisDocument: WireMap, Hashable, Sendable {
  /// Height of the first block.
  public var height: Int64 = 0
  public var time = Timestamp()
  /// A name for people.
  public var chainID = ""
  public var registry = Registry.Genesis()
  public var rootHash = RootHash.Genesis()
  public var staking = StakingGenesis()
  public var keyManager = KeyManager.Genesis()
  public var scheduler = SchedulerGenesis()
  public var beacon = BeaconGenesis()
  public var governance = Governance.Genesis()
  public var vault: Vault.Genesis?
  public var consensus = ConsensusGenesis()
  /// Nil and empty differ in the hash.
  public var extraData: [String: [UInt8]?]?

  public init() {}
  public static let fields: [Field<Self>] = [
    .init("height", \.height), .init("genesis_time", \.time), .init("chain_id", \.chainID), .init("registry", \.registry),
    .init("roothash", \.rootHash), .init("staking", \.staking), .init("keymanager", \.keyManager), .init("scheduler", \.scheduler),
    .init("beacon", \.beacon), .init("governance", \.governance), .init("vault", \.vault, .omitEmpty), .init("consensus", \.consensus),
    .init("extra_data", \.extraData),
  ]

  /// Identity of the network.
  public var hash: Hash { Hash.of(self) }

  /// What separates signatures of this network from others': the hash in lower-case hex.
  public var chainContext: String { hash.hex }

  /// The chain's name inside CometBFT: the first 50 characters of the chain context.
  public var cometBFTChainID: String { String(hash.hex.prefix(50)) }

  /// The document as files hold it: indented by two spaces, with a newline at the end.
  public func canonicalText() throws(JSONError) -> String { try checkedJSONText(indent: "  ") + "\n" }

  /// Reads a file's text. Nothing but the JSON itself is checked; see `check`.
  public init(file text: [UInt8]) throws(JSONError) { self = try GenesisDocument.decode(json: text) }
}
