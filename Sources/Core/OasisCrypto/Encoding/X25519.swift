internal import COpenSSL

/// X25519 key agreement (RFC 7748) on raw 32-byte keys.
public enum X25519 {
  /// The public key of a private scalar; nil unless it has 32 bytes.
  public static func publicKey(of privateKey: [UInt8]) -> [UInt8]? {
    guard privateKey.count == 32, let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nil, privateKey, 32) else { return nil }
    defer { EVP_PKEY_free(key) }
    var bytes = [UInt8](repeating: 0, count: 32)
    var length = bytes.count
    return EVP_PKEY_get_raw_public_key(key, &bytes, &length) == 1 ? bytes : nil
  }

  /// The shared secret; nil unless both keys have 32 bytes.
  ///
  /// All zeros for a peer's key of low order: protocols that have to refuse that must look for it.
  public static func sharedSecret(privateKey: [UInt8], publicKey: [UInt8]) -> [UInt8]? {
    guard privateKey.count == 32, publicKey.count == 32, let own = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nil, privateKey, 32)
    else { return nil }
    defer { EVP_PKEY_free(own) }
    guard let peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nil, publicKey, 32), let context = EVP_PKEY_CTX_new(own, nil)
    else { return nil }
    defer {
      EVP_PKEY_free(peer)
      EVP_PKEY_CTX_free(context)
    }
    var secret = [UInt8](repeating: 0, count: 32)
    var length = secret.count
    guard EVP_PKEY_derive_init(context) == 1, EVP_PKEY_derive_set_peer(context, peer) == 1 else { return nil }
    // OpenSSL refuses exactly the all-zero result.
    guard EVP_PKEY_derive(context, &secret, &length) == 1 else { return [UInt8](repeating: 0, count: 32) }
    return secret
  }
}
