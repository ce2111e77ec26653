internal import FileSystem
internal import COpenSSL
internal import Glibc
public import OasisCrypto

/// A TLS key and its self-signed certificate. Rule: sheet 01 §6, §9: the key is kept, the certificate issued anew at every start.
public struct TLSIdentity: Sendable {
  public let signer: MemorySigner
  /// DER.
  public let certificate: [UInt8]

  /// The key that the certificate is for.
  public var publicKey: PublicKey { signer.publicKey }

  /// The key of `NAME.pem` with a new certificate, both written. A key file that cannot be used is refused, or, with
  /// `replaceUnreadable`, set aside (`.old`) and replaced, with a notice: the TLS key may change, unlike the others.
  static func load(folder: String, name: String, replaceUnreadable: Bool, _ notices: inout [String]) throws(FileError) -> TLSIdentity {
    let path = "\(folder)/\(name).pem"
    var signer: MemorySigner?
    if case .absent = try Files.kind(of: path) {
    } else {
      do throws(FileError) { signer = try read(path) } catch {
        guard replaceUnreadable else { throw error }
        try Files.rename(path, to: "\(path).old")
        notices.append("TLS key replaced by a new one, the old file is \(path).old: \(error)")
      }
    }
    let isNew = signer == nil
    let key = signer ?? MemorySigner()
    if isNew { try Files.write(Array(PEM.tlsPrivateKey(seed: key.seed).utf8), to: path) }
    guard let certificate = certificate(for: key, commonName: NodeIdentity.commonName) else {
      throw FileError(path: path, reason: "no certificate could be made for it")
    }
    try Files.write(Array(PEM(type: "CERTIFICATE", contents: certificate).text.utf8), to: "\(folder)/\(name)_cert.pem")
    return TLSIdentity(signer: key, certificate: certificate)
  }

  private static func read(_ path: String) throws(FileError) -> MemorySigner {
    guard case .file(let mode) = try Files.kind(of: path) else { throw FileError(path: path, reason: "not a regular file") }
    guard mode == 0o600 else { throw .permissions(path, mode: mode) }
    do { return MemorySigner(seed: try PEM.readTLSPrivateKey(try Files.read(path))) } catch let error as FileError {
      throw error
    } catch {
      throw FileError(path: path, reason: "not a TLS key file (\(error))")
    }
  }

  /// Self-signed, serial 1, valid from an hour ago for a year; nil only where memory is short.
  static func certificate(for signer: MemorySigner, commonName: String) -> [UInt8]? {
    guard let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, signer.seed, signer.seed.count), let x509 = X509_new() else {
      return nil
    }
    defer {
      EVP_PKEY_free(key)
      X509_free(x509)
    }
    X509_set_version(x509, 2)
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 1)
    X509_gmtime_adj(X509_getm_notBefore(x509), -3600)
    var end = time(nil)
    var calendar = tm()
    gmtime_r(&end, &calendar)
    calendar.tm_year += 1
    ASN1_TIME_adj(X509_getm_notAfter(x509), timegm(&calendar), 0, 0)
    X509_set_pubkey(x509, key)
    let name = X509_get_subject_name(x509)
    X509_NAME_add_entry_by_txt(name, "CN", V_ASN1_PRINTABLESTRING, Array(commonName.utf8), Int32(commonName.utf8.count), -1, 0)
    X509_set_issuer_name(x509, name)
    for (id, value) in [
      (NID_key_usage, "critical,digitalSignature,keyEncipherment,keyCertSign"), (NID_ext_key_usage, "serverAuth,clientAuth"),
    ] {
      guard let ext = X509V3_EXT_conf_nid(nil, nil, id, value) else { return nil }
      X509_add_ext(x509, ext, -1)
      X509_EXTENSION_free(ext)
    }
    guard X509_sign(x509, key, nil) > 0 else { return nil }
    var der = [UInt8](repeating: 0, count: Int(max(0, i2d_X509(x509, nil))))
    let count = der.withUnsafeMutableBufferPointer { buffer in
      var pointer = buffer.baseAddress
      return i2d_X509(x509, &pointer)
    }
    return count > 0 && Int(count) == der.count ? der : nil
  }
}
