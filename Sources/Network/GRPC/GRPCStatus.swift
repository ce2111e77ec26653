internal import Bytes

/// The outcome classes of gRPC.
public enum GRPCCode: Int, Sendable, CaseIterable, CustomStringConvertible {
  case ok = 0, cancelled, unknown, invalidArgument, deadlineExceeded, notFound, alreadyExists, permissionDenied, resourceExhausted
  case failedPrecondition, aborted, outOfRange, unimplemented, `internal`, unavailable, dataLoss, unauthenticated

  /// The name as Go prints it.
  public var description: String {
    switch self {
    case .ok: "OK"
    case .cancelled: "Canceled"
    case .unknown: "Unknown"
    case .invalidArgument: "InvalidArgument"
    case .deadlineExceeded: "DeadlineExceeded"
    case .notFound: "NotFound"
    case .alreadyExists: "AlreadyExists"
    case .permissionDenied: "PermissionDenied"
    case .resourceExhausted: "ResourceExhausted"
    case .failedPrecondition: "FailedPrecondition"
    case .aborted: "Aborted"
    case .outOfRange: "OutOfRange"
    case .unimplemented: "Unimplemented"
    case .internal: "Internal"
    case .unavailable: "Unavailable"
    case .dataLoss: "DataLoss"
    case .unauthenticated: "Unauthenticated"
    }
  }
}

/// How a call ended, when not well. Rule: sheet 09 §5.2.
public struct GRPCStatus: Error, Hashable, Sendable, CustomStringConvertible {
  public var code: GRPCCode
  public var message: String
  /// The value of the one detail, without a type (its `type_url` is empty): for Oasis the CBOR of module and code.
  public var detail: [UInt8]?

  public init(_ code: GRPCCode, _ message: String, detail: [UInt8]? = nil) {
    (self.code, self.message, self.detail) = (code, message, detail)
  }

  /// As Go prints it.
  public var description: String { "rpc error: code = \(code) desc = \(message)" }

  /// The trailer fields of this status, in the reference's order.
  public var trailers: [HeaderField] {
    var fields = [HeaderField("grpc-status", "\(code.rawValue)"), HeaderField("grpc-message", percentEncoded(message))]
    if let detail {
      let text = statusMessage(detail).base64
      fields.append(HeaderField("grpc-status-details-bin", String(text.prefix { $0 != "=" })))
    }
    return fields
  }

  /// The status in a call's trailers; nil when they hold none.
  public init?(trailers: [HeaderField]) {
    guard let text = trailers.last(where: { $0.name == "grpc-status" })?.value, let number = Int(text) else { return nil }
    let message = trailers.last { $0.name == "grpc-message" }.map { percentDecoded($0.value) } ?? ""
    self.init(GRPCCode(rawValue: number) ?? .unknown, message)
    if let text = trailers.last(where: { $0.name == "grpc-status-details-bin" })?.value {
      let padded = text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
      detail = [UInt8](base64: padded).flatMap { GRPCStatus.detail(inStatusMessage: $0) }
    }
  }

  /// `google.rpc.Status` in protobuf: code (1), message (2), details (3) with the value (2) of the one `Any`.
  private func statusMessage(_ detail: [UInt8]) -> [UInt8] {
    var any: [UInt8] = []
    appendField(2, detail, to: &any)
    var out: [UInt8] = []
    if code != .ok { out += [0x08, UInt8(code.rawValue)] }
    if !message.isEmpty { appendField(2, Array(message.utf8), to: &out) }
    appendField(3, any, to: &out)
    return out
  }

  private func appendField(_ number: UInt8, _ bytes: [UInt8], to out: inout [UInt8]) {
    out.append(number << 3 | 2)
    var length = UInt(bytes.count)
    while length >= 0x80 {
      out.append(UInt8(truncatingIfNeeded: length) | 0x80)
      length >>= 7
    }
    out.append(UInt8(length))
    out += bytes
  }

  /// The value of the first detail of a `google.rpc.Status`; nil when there is none or the message is malformed.
  static func detail(inStatusMessage bytes: [UInt8]) -> [UInt8]? {
    lengthDelimited(3, in: bytes[...]).flatMap { lengthDelimited(2, in: $0) }.map { Array($0) }
  }

  private static func lengthDelimited(_ wanted: UInt64, in bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    var rest = bytes
    while !rest.isEmpty {
      guard let key = varint(&rest) else { return nil }
      switch key & 7 {
      case 0: if varint(&rest) == nil { return nil }
      case 2:
        guard let length = varint(&rest), length <= UInt64(rest.count) else { return nil }
        let value = rest.prefix(Int(length))
        if key >> 3 == wanted { return value }
        rest = rest.dropFirst(Int(length))
      default: return nil
      }
    }
    return nil
  }

  private static func varint(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 63, by: 7) {
      guard let byte = bytes.popFirst() else { return nil }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    return nil
  }
}

/// The message of a status as a header value: everything but printable ASCII, and the percent sign, is escaped.
func percentEncoded(_ text: String) -> String {
  let digits = Array("0123456789ABCDEF".utf8)
  var out: [UInt8] = []
  for byte in text.utf8 {
    if (0x20...0x7E).contains(byte), byte != UInt8(ascii: "%") {
      out.append(byte)
    } else {
      out += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
  }
  return String(decoding: out, as: UTF8.self)
}

func percentDecoded(_ text: String) -> String {
  let bytes = Array(text.utf8)
  var out: [UInt8] = []
  var index = 0
  while index < bytes.count {
    if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
      let value = UInt8(String(decoding: bytes[(index + 1)...(index + 2)], as: UTF8.self), radix: 16)
    {
      out.append(value)
      index += 3
    } else {
      out.append(bytes[index])
      index += 1
    }
  }
  return String(decoding: out, as: UTF8.self)
}
