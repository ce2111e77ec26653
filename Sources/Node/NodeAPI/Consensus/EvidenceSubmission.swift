internal import CometBFT
internal import OasisTypes
internal import Protobuf

extension CometBFT.Evidence {
  /// Evidence of the API, in the reference's two steps: the bytes, then what they say.
  ///
  /// - Throws: an uncoded error.
  init(submitted bytes: [UInt8]) throws {
    do { try self.init(protobuf: bytes) } catch {
      throw CodedError.uncoded("cometbft: malformed evidence while unmarshalling: \(Self.text(of: error, in: bytes))")
    }
    guard kind != nil else { throw CodedError.uncoded("cometbft: malformed evidence while converting: evidence is not recognized") }
  }

  /// What Go's decoder says of the same bytes.
  private static func text(of error: ProtobufError, in bytes: [UInt8]) -> String {
    let message = error.path.last.map(typeName) ?? "Evidence"
    switch error.reason {
    case .truncated: return "unexpected EOF"
    case .integerOverflow: return "proto: integer overflow"
    case .negativeLength: return "proto: negative length found during unmarshaling"
    case .unexpectedEndGroup: return "proto: \(message): wiretype end group for non-group"
    case .illegalTag:
      // The tag is the byte before; field number 0 leaves it to the wire type alone.
      guard error.offset > 0, error.offset <= bytes.count else { return "\(error)" }
      return "proto: \(message): illegal tag 0 (wire type \(bytes[error.offset - 1] & 7))"
    case .wireType(let type): return "proto: wrong wireType = \(type) for field \(message)"
    case .tooLong, .value: return "\(error)"
    }
  }

  /// The message type, or Go's field name, of a field `like_this`.
  private static func typeName(_ field: String) -> String {
    field.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
  }
}
