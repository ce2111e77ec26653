public import CBOR
public import OasisCrypto
public import Wire

/// Why a signed envelope was not opened.
public enum EnvelopeError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A signature is wrong, there is none, or a key is blacklisted.
  case badSignature
  /// What was signed does not decode.
  case malformed(CBORError)

  public var description: String {
    switch self {
    case .badSignature: "signed: signature verification failed"
    case .malformed(let error): error.description
    }
  }
}

/// An encoded value and one signature on it. (Sheet 01 §3.5.)
public struct SignedEnvelope: WireMap, Hashable, Sendable {
  /// The signed bytes: the CBOR of a value that nobody has checked yet. Nil and empty differ.
  public var blob: [UInt8]?
  public var signature = KeyedSignature()

  public init() {}
  public init(blob: [UInt8]?, signature: KeyedSignature) { (self.blob, self.signature) = (blob, signature) }

  /// Signs a value.
  public init(_ value: some WireValue, by signer: any Signer, context: SignatureContext) throws(SignerError) {
    let blob = value.cbor()
    self.init(blob: blob, signature: try signer.keyedSignature(context: context, message: blob))
  }

  public static let fields: [Field<Self>] = [.init("untrusted_raw_value", \.blob), .init("signature", \.signature)]

  /// Checks the signature, then decodes the value.
  public func open<T: WireValue>(
    as type: T.Type = T.self, context: SignatureContext, blacklist: PublicKeyBlacklist = .production
  ) throws(EnvelopeError) -> T {
    guard signature.verify(message: blob ?? [], context: context, blacklist: blacklist) else { throw .badSignature }
    return try openBlob(blob)
  }
}

/// An encoded value and several signatures on it. (Sheet 01 §3.5.)
public struct MultiSigned: WireMap, Hashable, Sendable {
  /// The signed bytes. Nil and empty differ.
  public var blob: [UInt8]?
  /// Nil and empty differ on the wire; both fail to open.
  public var signatures: [KeyedSignature]?

  public init() {}
  public init(blob: [UInt8]?, signatures: [KeyedSignature]?) { (self.blob, self.signatures) = (blob, signatures) }

  /// Signs a value with every signer, in this order.
  public init(_ value: some WireValue, by signers: [any Signer], context: SignatureContext) throws(SignerError) {
    let blob = value.cbor()
    var signatures: [KeyedSignature] = []
    for signer in signers { signatures.append(try signer.keyedSignature(context: context, message: blob)) }
    self.init(blob: blob, signatures: signatures)
  }

  public static let fields: [Field<Self>] = [.init("untrusted_raw_value", \.blob), .init("signatures", \.signatures)]

  /// Checks every signature as one batch, then decodes the value.
  public func open<T: WireValue>(
    as type: T.Type = T.self, context: SignatureContext, blacklist: PublicKeyBlacklist = .production
  ) throws(EnvelopeError) -> T {
    var batch = BatchVerifier(blacklist: blacklist)
    for signature in signatures ?? [] {
      batch.add(signature.signature, publicKey: signature.publicKey, message: blob ?? [], context: context)
    }
    guard batch.verifyAll() else { throw .badSignature }
    return try openBlob(blob)
  }

  /// Whether the key is among the signers; says nothing about the signature.
  public func isSigned(by key: PublicKey) -> Bool { signatures?.contains { $0.publicKey == key } ?? false }

  /// Whether the set of signers is exactly these keys; a list with repeats never is.
  public func isSignedOnly(by keys: [PublicKey]) -> Bool {
    let signers = Set((signatures ?? []).map(\.publicKey))
    return signers.count == keys.count && keys.allSatisfy(signers.contains)
  }
}

private func openBlob<T: WireValue>(_ blob: [UInt8]?) throws(EnvelopeError) -> T {
  do throws(CBORError) { return try T.decode(cborOrAbsent: blob) } catch { throw .malformed(error) }
}
