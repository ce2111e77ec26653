internal import Bytes
public import OasisCrypto

/// What a tree, an iterator or a proof refused. The texts are the reference's (sheet 02 §1.6, §2.3, §2.5, §2.6); none has a module
/// or code.
public enum MKVSError: Error, Hashable, Sendable, CustomStringConvertible {
  case closed
  case knownRootMismatch
  case iteratorClosed
  /// The longest legal key has 8191 bytes, since depths are 16 bits.
  case keyTooLong(Int)
  case valueTooLong(Int)
  /// A tree without a source met a node of which it knows only the hash: a proof does not cover the key.
  case nodeMissing(Hash)
  case malformedNode
  case malformedKey
  case unsupportedProofVersion(UInt16)
  case verifierUnsupportedVersion(UInt16)
  case unexpectedProofRoot(got: Hash, expected: Hash)
  case unexpectedAnswerRoot(got: Hash)
  case emptyProof
  case malformedProof
  case unusedProofEntries
  case badRoot(got: Hash, expected: Hash)
  case unexpectedProofEntry(UInt8)
  case answerWithoutNode
  case invalidRoot
  case rootIsDirty
  case methodNotSupported
  case malformedRoot(String)
  case malformedWriteLog(String)
  /// What a node database holds at a location is not a record of this format.
  case corruptedRecord(NodeLocation)
  case tooManyNodes

  public var description: String {
    switch self {
    case .closed: "mkvs: tree is closed"
    case .knownRootMismatch: "mkvs: known root mismatch"
    case .iteratorClosed: "iterator: use of closed iterator"
    case .keyTooLong(let count): "mkvs: key of \(count) bytes is longer than 8191 bytes"
    case .valueTooLong(let count): "mkvs: value of \(count) bytes is longer than 4294967295 bytes"
    case .nodeMissing(let hash): "mkvs: node \(hash.hex) is not part of the tree"
    case .malformedNode: "mkvs: malformed node"
    case .malformedKey: "mkvs: malformed key"
    case .unsupportedProofVersion(let version): "mkvs: unsupported proof version: \(version)"
    case .verifierUnsupportedVersion(let version): "verifier: unsupported proof version: \(version)"
    case .unexpectedProofRoot(let got, let expected):
      "verifier: got proof for unexpected root (expected: \(expected.hex) got: \(got.hex))"
    case .unexpectedAnswerRoot(let got): "mkvs: got proof for unexpected root (\(got.hex))"
    case .emptyProof: "verifier: empty proof"
    case .malformedProof: "verifier: malformed proof"
    case .unusedProofEntries: "verifier: unused entries in proof"
    case .badRoot(let got, let expected): "verifier: bad root (expected: \(expected.hex) got: \(got.hex))"
    case .unexpectedProofEntry(let kind): "verifier: unexpected entry in proof (\(String(kind, radix: 16)))"
    case .answerWithoutNode: "mkvs: received result did not contain node (or cache too small)"
    case .invalidRoot: "mkvs: invalid root"
    case .rootIsDirty: "mkvs: root is dirty"
    case .methodNotSupported: "mkvs: method not supported"
    case .malformedRoot(let reason): "mkvs: malformed root: \(reason)"
    case .malformedWriteLog(let reason): "mkvs: malformed write log: \(reason)"
    case .corruptedRecord(let location): "mkvs: corrupted record at \(location.version)/\(location.sequence)/\(location.index)"
    case .tooManyNodes: "mkvs: more nodes than a tree may hold in memory"
    }
  }
}
