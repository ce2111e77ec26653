/// How votes and proposals are signed and verified: the one part of the engine's cryptography that a network may choose.
public protocol SignatureScheme: Sendable {
  /// Whether a signature is good. Keys have 32 bytes.
  func verify(_ item: SignedItem) -> Bool
  /// Whether all signatures are good; must agree with `verify` on each.
  func verifyAll(_ items: [SignedItem]) -> Bool
}

/// A message with its signature and the signer's key.
public struct SignedItem: Hashable, Sendable {
  public var publicKey: [UInt8]
  public var message: [UInt8]
  public var signature: [UInt8]
  public init(publicKey: [UInt8], message: [UInt8], signature: [UInt8]) {
    (self.publicKey, self.message, self.signature) = (publicKey, message, signature)
  }
}

extension SignatureScheme {
  public func verifyAll(_ items: [SignedItem]) -> Bool { items.allSatisfy(verify) }
}

/// Holds a validator's private key.
public protocol ValidatorSigner: Sendable {
  /// 32 bytes.
  var publicKey: [UInt8] { get }
  /// Signs in the network's scheme; 64 bytes.
  func sign(_ message: [UInt8]) throws -> [UInt8]
}
