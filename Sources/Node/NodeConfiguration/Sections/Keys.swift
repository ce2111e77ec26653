public import Bytes

/// What stands where a public key is asked for.
let publicKeyText = "a public key: 32 bytes in base64"

extension NodeConfiguration {
  /// Why `text` is not a public key in base64, in the words that the configuration's errors have; nil when it is one.
  public static func publicKeyProblem(_ text: String) -> String? { keyProblem(text) }
}

/// Why `text` is not a public key in base64 (32 bytes), in Go's words; nil when it is one.
func keyProblem(_ text: String) -> String? {
  if let bytes = [UInt8](base64: text) { return bytes.count == 32 ? nil : "signature: malformed public key" }
  var digits = 0
  var start = 0
  for (index, byte) in text.utf8.enumerated() where byte != UInt8(ascii: "\n") && byte != UInt8(ascii: "\r") {
    if digits % 4 == 0 { start = index }
    let isDigit =
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x2B || byte == 0x2F
    if !isDigit, byte != UInt8(ascii: "=") || digits % 4 < 2 { return "illegal base64 data at input byte \(index)" }
    digits += 1
  }
  // An incomplete group of four counts from its beginning.
  return "illegal base64 data at input byte \(start)"
}

/// A runtime's identifier: 64 hexadecimal digits.
public struct RuntimeIdentifier: ConfigurationValue, ConfigurationListItem, Hashable, Sendable, CustomStringConvertible {
  public var bytes: FixedBytes<32>

  public init(_ bytes: FixedBytes<32>) { self.bytes = bytes }

  public var description: String { bytes.hex }

  static var defaultItem: Self { Self(FixedBytes<32>()) }
  static var allowed: String { "a runtime identifier of 64 hexadecimal digits" }

  static func read(_ node: YAMLNode, at place: ConfigurationPath, into value: inout Self, _ reader: inout ConfigurationReader) {
    readScalar(node, at: place, into: &value, &reader) { text, _ in parse(text) }
  }

  static func parse(_ text: String) -> Self? {
    // As the reference, base64 is taken too.
    let bytes = text.utf8.count == 64 ? [UInt8](hex: text) : [UInt8](base64: text)
    return bytes.flatMap { FixedBytes<32>($0) }.map { Self($0) }
  }
}
