internal import Bytes
internal import CBOR
internal import OasisCrypto
internal import OasisTypes
internal import Wire

struct Omitted: WireMap {
  var x: UInt64 = 0
  var q = Quantity()
  var p: UInt64?
  var b: [UInt8] = []
  init() {}
  static let fields: [Field<Omitted>] = [
    .init("x", \.x, .omitEmpty), .init("q", \.q, .omitEmpty), .init("p", \.p, .omitEmpty), .init("b", \.b, .omitEmpty),
  ]
}

struct Nested: WireMap {
  var a = Plain()
  var l: [Plain] = []
  var m: [String: Plain] = [:]
  var s = Omitted()
  init() {}
  static let fields: [Field<Nested>] = [
    .init("a", \.a), .init("l", \.l, .omitEmpty), .init("m", \.m, .omitEmpty), .init("s", \.s, .omitEmpty),
  ]
}

struct Pointers: WireMap {
  var u: UInt64?
  var s: Plain?
  var q: Quantity?
  var h: Hash?
  var z: UInt64?
  init() {}
  static let fields: [Field<Pointers>] = [
    .init("u", \.u, .omitEmpty), .init("s", \.s, .omitEmpty), .init("q", \.q, .omitEmpty), .init("h", \.h, .omitEmpty), .init("z", \.z),
  ]
}

struct Mixed: WireMap {
  var k: [UInt8]?
  var h = Hash()
  var addr = Address()
  var q = Quantity()
  var t = PlainBytes<3>()
  var u8: UInt8 = 0
  var caps: UInt64 = 0
  init() {}
  static let fields: [Field<Mixed>] = [
    .init("k", \.k), .init("h", \.h), .init("addr", \.addr), .init("q", \.q), .init("t", \.t), .init("u8", \.u8), .init("Caps", \.caps),
  ]
}

/// The targets of `cbor-decode.jsonl` that are types of the protocol, or made of them.
let typedTargets: [String: Decode] = [
  "quantity": target(Quantity.self), "hash": target(Hash.self), "public_key": target(PublicKey.self),
  "raw_signature": target(Signature.self), "namespace": target(Namespace.self), "address": target(Address.self),
  "list_hash": target([Hash]?.self), "map_hash_uint64": target([Hash: UInt64]?.self), "nested": target(Nested.self),
  "omit": target(Omitted.self), "optional": target(Pointers.self), "mixed": target(Mixed.self), "version": target(Version.self),
  "transaction": target(Transaction.self), "signed_transaction": target(SignedEnvelope.self), "staking_transfer": target(Transfer.self),
  "staking_account": target(Account.self), "enclave_identity": target(EnclaveIdentity.self),
  "map_identity_bool": target([EnclaveIdentity: Bool]?.self), "entity": target(Entity.self), "node": target(Node.self),
  "sgx_constraints": target(SGXConstraints.self), "committee_kind_roles": target(ForcedElection.self),
  // An absent input leaves the reference's pointers nil.
  "sgx_attestation": { input, mode in try input.map { try SGXAttestation.decode(cbor: $0, mode: mode).cbor() } ?? [0xf6] },
  "runtime_messages": target([RootHash.Message]?.self), "round_roots_toarray": target(RootHash.RoundRoots.self),
]
