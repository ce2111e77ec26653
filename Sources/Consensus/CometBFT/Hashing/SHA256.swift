internal import COpenSSL

/// SHA-256, the engine's only hash.
func sha256(_ bytes: [UInt8]) -> [UInt8] {
  [UInt8](unsafeUninitializedCapacity: 32) { out, count in
    _ = SHA256(bytes, bytes.count, out.baseAddress)
    count = 32
  }
}

/// The address of an Ed25519 key: first 20 bytes of its SHA-256.
public func validatorAddress(ofKey key: [UInt8]) -> [UInt8] { Array(sha256(key).prefix(20)) }

/// The key of a transaction in the pool and in events: its SHA-256.
public func transactionKey(_ transaction: [UInt8]) -> [UInt8] { sha256(transaction) }
