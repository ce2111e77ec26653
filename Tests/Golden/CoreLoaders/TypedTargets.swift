internal import Bytes
internal import CBOR
internal import OasisCrypto
internal import OasisTypes
internal import Wire

/// The targets of `cbor-decode.jsonl` that are types of the protocol.
let typedTargets: [String: Decode] = [:]
