internal import Bytes
internal import CBOR
internal import OasisTypes
internal import Wire

/// A call of the ParaTime `simple-keyvalue`. Rule: sheet 11 C.1.
public enum KeyValueCall: Hashable, Sendable, CustomStringConvertible {
  /// Answers with the value before.
  case insert(key: String, value: String)
  case get(key: String)
  /// Answers with the value that was removed.
  case remove(key: String)

  /// The longest key, in bytes: those of the tree have at most 8,191, and the ParaTime's tags and transaction hashes go with it.
  static let longestKey = 4096

  private var key: String {
    switch self {
    case .insert(let key, _), .get(let key), .remove(let key): key
    }
  }

  /// Why it is not worth sending, or nil.
  var fault: String? {
    let count = key.utf8.count
    if count == 0 { return "KEY is empty: a key has at least one byte" }
    if count > Self.longestKey { return "KEY has \(count) bytes, at most \(Self.longestKey) are possible" }
    return nil
  }

  var method: String {
    switch self {
    case .insert: "insert"
    case .get: "get"
    case .remove: "remove"
    }
  }

  /// CBOR.
  var arguments: [UInt8] {
    switch self {
    case .insert(let key, let value): Pair(key: key, value: value).cbor()
    case .get(let key), .remove(let key): Key(key: key).cbor()
    }
  }

  public var description: String {
    switch self {
    case .insert(let key, let value): "insert \(key) = \(value)"
    case .get(let key): "get \(key)"
    case .remove(let key): "remove \(key)"
    }
  }

  /// The transaction's bytes. It carries no signature: the sender is any name.
  public func transaction(sender: [UInt8], nonce: UInt64) -> [UInt8] {
    KeyValueTransaction(sender: sender, nonce: nonce, method: method, arguments: RawCBOR(arguments)).cbor()
  }
}

/// What a call answers.
public enum KeyValueResult: Hashable, Sendable, CustomStringConvertible {
  /// A value, or none.
  case success(String?)
  case failure(String)

  /// Reads a transaction's output or a query's answer.
  public init(output: [UInt8]) throws {
    let plain = try KeyValueOutput.decode(cbor: output, mode: .untrusted)
    if let error = plain.error {
      self = .failure(error)
    } else {
      guard !plain.success.bytes.isEmpty else { throw RunnerError("an answer with neither success nor error: \(output.hex)") }
      self = .success(try String?.decode(cbor: plain.success.bytes, mode: .untrusted))
    }
  }

  public var description: String {
    switch self {
    case .success(let value): value ?? "no value"
    case .failure(let text): "error: \(text)"
    }
  }
}

private struct Pair: WireMap, Sendable {
  var key = ""
  var value = ""
  init() {}
  init(key: String, value: String) { (self.key, self.value) = (key, value) }
  static let fields: [Field<Self>] = [.init("key", \.key), .init("value", \.value)]
}

private struct Key: WireMap, Sendable {
  var key = ""
  init() {}
  init(key: String) { self.key = key }
  static let fields: [Field<Self>] = [.init("key", \.key)]
}

private struct KeyValueTransaction: WireMap, Sendable {
  var sender: [UInt8] = []
  var nonce: UInt64 = 0
  var method = ""
  var arguments = RawCBOR()
  init() {}
  init(sender: [UInt8], nonce: UInt64, method: String, arguments: RawCBOR) {
    (self.sender, self.nonce, self.method, self.arguments) = (sender, nonce, method, arguments)
  }
  static let fields: [Field<Self>] = [
    .init("sender", \.sender), .init("nonce", \.nonce), .init("method", \.method), .init("args", \.arguments),
  ]
}

private struct KeyValueOutput: WireMap, Sendable {
  var success = RawCBOR()
  var error: String?
  init() {}
  static let fields: [Field<Self>] = [.init("Success", \.success, .omitEmpty), .init("Error", \.error, .omitEmpty)]
}
