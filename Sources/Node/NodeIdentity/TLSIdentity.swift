internal import COpenSSL
internal import FileSystem
internal import Glibc
public import OasisCrypto

/// A TLS key and its self-signed certificate. Rule: sheet 01 §6, §9: the key is kept, the certificate issued anew at every start.
public struct TLSIdentity: Sendable {
  public let signer: MemorySigner
  /// DER.
  public let certificate: [UInt8]

  /// The key that the certificate is for.
  public var publicKey: PublicKey { signer.publicKey }

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

/// The files of a TLS key and its certificate: `NAME.pem`, `NAME_cert.pem`. The TLS key may change, unlike the others.
struct TLSFile {
  let path: String, certificatePath: String

  init(folder: String, name: String) { (path, certificatePath) = ("\(folder)/\(name).pem", "\(folder)/\(name)_cert.pem") }

  /// What the key's file holds.
  enum Content {
    case absent
    case key(MemorySigner)
    /// No key, for this reason: to be set aside.
    case unusable(FileError)
  }

  /// Looks at the files and writes nothing. A key file that cannot be used is refused, or, with `replaceUnreadable`, to be replaced.
  func examine(replaceUnreadable: Bool) throws(FileError) -> Content {
    if case .other(let what) = try Files.kind(of: certificatePath) {
      throw FileError(path: certificatePath, reason: "is \(what), not a certificate: remove it and it is written anew")
    }
    if case .absent = try Files.kind(of: path) { return .absent }
    do throws(FileError) { return .key(try read()) } catch {
      guard replaceUnreadable else {
        throw FileError(path: path, reason: "\(error.reason): restore it, or remove it to have a new one made", words: error.words)
      }
      return .unusable(error)
    }
  }

  private func read() throws(FileError) -> MemorySigner {
    switch try Files.kind(of: path) {
    case .absent: throw FileError(path: path, reason: "no such file")
    case .other(let what): throw FileError(path: path, reason: "is \(what), not a TLS key file")
    case .file(let mode):
      guard mode == 0o600 else { throw .permissions(path, mode: mode) }
    }
    do { return MemorySigner(seed: try PEM.readTLSPrivateKey(try Files.read(path))) } catch let error as FileError {
      throw error
    } catch {
      throw FileError(path: path, reason: "not a TLS key file (\(error))")
    }
  }

  /// The key with a new certificate, both written. What is replaced is set aside, and told.
  func complete(_ content: Content, _ notices: inout [String]) throws(FileError) -> TLSIdentity {
    let key: MemorySigner
    switch content {
    case .key(let stored): key = stored
    case .absent:
      key = MemorySigner()
      if try Files.kind(of: certificatePath) != .absent {
        notices.append("TLS key \(path) is missing: made a new one, the old certificate is \(try setAside(certificatePath))")
      }
    case .unusable(let error):
      key = MemorySigner()
      notices.append("TLS key replaced by a new one, the old file is \(try setAside(path)): \(error)")
    }
    guard let certificate = TLSIdentity.certificate(for: key, commonName: NodeIdentity.commonName) else {
      throw FileError(path: path, reason: "no certificate could be made for it")
    }
    if case .key = content {} else { try Files.write(Array(PEM.tlsPrivateKey(seed: key.seed).utf8), to: path, replace: false) }
    try Files.write(Array(PEM(type: "CERTIFICATE", contents: certificate).text.utf8), to: certificatePath)
    return TLSIdentity(signer: key, certificate: certificate)
  }

  /// Renames a file to `FILE.old`, or to `FILE.old.1` and so on where that is taken.
  private func setAside(_ path: String) throws(FileError) -> String {
    var target = "\(path).old", number = 0
    while try Files.kind(of: target) != .absent {
      number += 1
      target = "\(path).old.\(number)"
    }
    try Files.rename(path, to: target)
    return target
  }
}
