internal import Bytes
internal import GoldenSupport
internal import JSONText

/// One line of a recorded file, with readers that name what is missing.
struct Case {
  let value: JSONValue

  init(_ value: JSONValue) { self.value = value }

  var name: String { value["name"]?.string ?? "?" }
  var kind: String { value["kind"]?.string ?? "" }

  func has(_ key: String) -> Bool { value[key].map { !$0.isNull } ?? false }

  func text(_ key: String) throws(GoldenError) -> String {
    guard let text = value[key]?.string else { throw GoldenError("\(key): no text") }
    return text
  }

  func bool(_ key: String) throws(GoldenError) -> Bool {
    guard let bool = value[key]?.bool else { throw GoldenError("\(key): no bool") }
    return bool
  }

  /// Whether a flag is there and set.
  func flag(_ key: String) -> Bool { value[key]?.bool ?? false }

  /// A number, or a text that holds one.
  func integer<T: FixedWidthInteger>(_ key: String, _ type: T.Type = T.self) throws(GoldenError) -> T {
    if let number: T = value[key]?.integer() { return number }
    guard let text = value[key]?.string, let number = T(text) else { throw GoldenError("\(key): no integer") }
    return number
  }

  /// Bytes written in hex.
  func bytes(_ key: String) throws(GoldenError) -> [UInt8] {
    guard let bytes = [UInt8](hex: try text(key)) else { throw GoldenError("\(key): no hex") }
    return bytes
  }

  /// Bytes written in hex; nil for null and for a missing key.
  func optionalBytes(_ key: String) throws(GoldenError) -> [UInt8]? { has(key) ? try bytes(key) : nil }

  func fixed<T: FixedByteValue>(_ key: String, _ type: T.Type = T.self) throws(GoldenError) -> T {
    guard let value = T(try bytes(key)) else { throw GoldenError("\(key): not \(T.byteCount) bytes") }
    return value
  }

  func cases(_ key: String) throws(GoldenError) -> [Case] {
    guard let items = value[key]?.array else { throw GoldenError("\(key): no array") }
    return items.map(Case.init)
  }

  /// A list of hex strings.
  func byteList(_ key: String) throws(GoldenError) -> [[UInt8]] {
    var result: [[UInt8]] = []
    for item in value[key]?.array ?? [] {
      guard let text = item.string, let bytes = [UInt8](hex: text) else { throw GoldenError("\(key): no hex") }
      result.append(bytes)
    }
    return result
  }

  func integers(_ key: String) -> [Int] { value[key]?.array?.compactMap { $0.integer() } ?? [] }
}

extension GoldenLoader {
  /// Runs every line of the file through `check`, which gives a reason to skip it, or throws.
  static func runCases(_ file: GoldenFile, _ report: inout GoldenReport, _ check: (Case) throws -> String?) throws {
    for line in try file.lines() {
      let item = Case(line.value)
      do {
        if let reason = try check(item) { report.skip(reason) } else { report.pass() }
      } catch {
        report.fail(item.name, "\(error)")
      }
    }
  }
}
