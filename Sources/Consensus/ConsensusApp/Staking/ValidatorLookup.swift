import CBOR
import OasisCrypto
import OasisTypes
import Wire

/// Who stands behind a validator's address.
struct ValidatorLookup {
  init(_ state: StateTree) {}
  func entity(of address: [UInt8]) throws -> PublicKey? { nil }
  func node(of address: [UInt8]) throws -> (node: PublicKey, entity: PublicKey)? { nil }
  func status(of node: PublicKey) throws -> S? { nil }
  func setStatus(of node: PublicKey, _ s: S) {}
  struct S { var freezeEndTime: Epoch = 0 }
}
