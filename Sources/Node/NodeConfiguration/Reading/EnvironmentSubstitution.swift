/// Puts environment variables into the raw text of a configuration file, comments included. Rule: sheet 09 §1.2.
enum EnvironmentSubstitution {
  struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
    var line: Int

    var description: String { "line \(line): closing brace expected" }
  }

  static func apply(_ text: String, _ environment: [String: String]) throws(Failure) -> String {
    let input = Array(text.utf8)
    var out: [UInt8] = []
    var index = 0
    while index < input.count {
      let byte = input[index]
      guard byte == UInt8(ascii: "$"), index + 1 < input.count else {
        out.append(byte)
        index += 1
        continue
      }
      let next = input[index + 1]
      if next == UInt8(ascii: "$") {
        out.append(next)
        index += 2
      } else if next == UInt8(ascii: "{") {
        let end = try closingBrace(input, from: index)
        let inside = input[(index + 2)..<end]
        out += braced(inside, environment) ?? Array(input[index...end])
        index = end + 1
      } else {
        let name = nameLength(input[(index + 1)...])
        let text = String(decoding: input[(index + 1)..<(index + 1 + name)], as: UTF8.self)
        if name == 0 || text == "_" {
          out += input[index..<(index + 1 + name)]
        } else {
          out += (environment[text] ?? "").utf8
        }
        index += 1 + name
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  private static func closingBrace(_ input: [UInt8], from start: Int) throws(Failure) -> Int {
    var index = start + 2
    while index < input.count, input[index] != UInt8(ascii: "\n") {
      if input[index] == UInt8(ascii: "}") { return index }
      index += 1
    }
    throw Failure(line: 1 + input[..<start].filter { $0 == UInt8(ascii: "\n") }.count)
  }

  /// The value of `NAME`, `NAME-text` and the like; nil when that is no such form, which leaves it as it stands.
  private static func braced(_ inside: ArraySlice<UInt8>, _ environment: [String: String]) -> [UInt8]? {
    let length = nameLength(inside)
    let name = String(decoding: inside.prefix(length), as: UTF8.self)
    guard length > 0, name != "_" else { return nil }
    var rest = inside.dropFirst(length)
    let value = environment[name]
    if rest.isEmpty { return Array((value ?? "").utf8) }
    let colon = rest.first == UInt8(ascii: ":")
    if colon { rest = rest.dropFirst() }
    guard let sign = rest.first else { return nil }
    let text = resolved(rest.dropFirst(), environment)
    switch sign {
    case UInt8(ascii: "-"), UInt8(ascii: "="):
      guard let value, !colon || !value.isEmpty else { return text }
      return Array(value.utf8)
    case UInt8(ascii: "+"): return value == nil ? [] : text
    default: return nil
    }
  }

  /// The alternative text: itself, or one variable.
  private static func resolved(_ text: ArraySlice<UInt8>, _ environment: [String: String]) -> [UInt8] {
    let name = text.dropFirst()
    guard text.first == UInt8(ascii: "$"), !name.isEmpty, nameLength(name) == name.count else { return Array(text) }
    return Array((environment[String(decoding: name, as: UTF8.self)] ?? "").utf8)
  }

  private static func nameLength(_ bytes: ArraySlice<UInt8>) -> Int {
    func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == UInt8(ascii: "_") }
    guard let first = bytes.first, isLetter(first) else { return 0 }
    return bytes.prefix { isLetter($0) || (0x30...0x39).contains($0) }.count
  }
}
