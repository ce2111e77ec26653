internal import Bytes
internal import CBOR
internal import CometBFT
public import JSONText

/// Names of services by the prefix of their keys (sheet 03 §13.2).
enum ServiceName {
  static func of(_ key: [UInt8]) -> String {
    switch key.first ?? 0 {
    case 0x10...0x1f: "registry"
    case 0x20...0x2f: "roothash"
    case 0x30...0x3f: "vault"
    case 0x40...0x4f: "beacon"
    case 0x50...0x5f: "staking"
    case 0x60...0x6f: "scheduler"
    case 0x70...0x7f: "keymanager"
    case 0x80...0x8f: "governance"
    default: "consensus"
    }
  }
}

/// Differences of states and of changes.
enum StateDifference {
  static func all(
    ours: [(key: [UInt8], value: [UInt8])], theirs: [(key: [UInt8], value: [UInt8])], label: String
  ) -> [ReplayDifference] {
    let own = Dictionary(uniqueKeysWithValues: ours.map { ($0.key, $0.value) })
    let recorded = Dictionary(uniqueKeysWithValues: theirs.map { ($0.key, $0.value) })
    let keys = Set(own.keys).union(recorded.keys).sorted { $0.lexicographicallyPrecedes($1) }
    return keys.filter { own[$0] != recorded[$0] }.map { key in
      ReplayDifference(phase: "InitChain", text: text(key, own[key], recorded[key], label))
    }
  }

  /// The first change that only one side has or that differs, with what was noticed before.
  static func first(ours: [Write], theirs: [Write], height: Int64, phase: String, _ noticed: ReplayDifference) -> ReplayDifference? {
    let own = Dictionary(ours.map { ($0.key, $0) }, uniquingKeysWith: { $1 })
    let recorded = Dictionary(theirs.map { ($0.key, $0) }, uniquingKeysWith: { $1 })
    let keys = Set(own.keys).union(recorded.keys).sorted { $0.lexicographicallyPrecedes($1) }
    let different = keys.filter { own[$0] != recorded[$0] }
    guard !different.isEmpty else { return nil }
    let texts = different.prefix(6).map { key in
      let present = "unchanged"
      let left = own[key].map { $0.value.map { value($0) } ?? "removed" } ?? present
      let right = recorded[key].map { $0.value.map { value($0) } ?? "removed" } ?? present
      return "\(ServiceName.of(key)) key \(key.hex)\n  ours:     \(left)\n  recorded: \(right)"
    }
    let more = different.count > 6 ? "\n(and \(different.count - 6) more keys)" : ""
    return ReplayDifference(
      height: height, phase: phase, text: texts.joined(separator: "\n") + more + "\nnoticed at \(noticed.phase): \(noticed.text)")
  }

  private static func text(_ key: [UInt8], _ ours: [UInt8]?, _ theirs: [UInt8]?, _ label: String) -> String {
    "\(ServiceName.of(key)) key \(key.hex) \(label)\n  ours:     \(ours.map { value($0) } ?? "absent")\n  recorded: "
      + "\(theirs.map { value($0) } ?? "absent")"
  }

  static func value(_ bytes: [UInt8]) -> String { Diagnostic.text(bytes) }
}

enum EventText {
  static func of(_ event: Event?) -> String {
    guard let event else { return "none" }
    let attributes = event.attributes.map { "\($0.key) = \(value($0.value))" }
    return "\(event.type) \(attributes.joined(separator: ", "))"
  }

  private static func value(_ text: String) -> String { [UInt8](base64: text).map { Diagnostic.text($0) } ?? text }
}

/// CBOR as text for people, in the manner of RFC 8949's diagnostic notation; other bytes as hexadecimal.
enum Diagnostic {
  static func text(_ bytes: [UInt8]) -> String {
    if bytes.isEmpty { return "(empty)" }
    guard var reader = try? CBORReader(bytes, mode: .trusted), reader.end == bytes.count, let text = try? item(&reader) else {
      return "h'\(bytes.hex)'"
    }
    return text
  }

  private static func item(_ reader: inout CBORReader) throws -> String {
    switch reader.kind {
    case .unsigned: return String(try reader.readInteger(UInt64.self))
    case .negative: return String(try reader.readInteger(Int64.self))
    case .byteString: return "h'\(try reader.readBytes().hex)'"
    case .text: return "\"\(try reader.readText())\""
    case .array:
      var (container, items) = (try reader.beginArray(), [String]())
      while try reader.next(&container) { items.append(try item(&reader)) }
      return "[\(items.joined(separator: ", "))]"
    case .map:
      var (container, items) = (try reader.beginMap(), [String]())
      while try reader.next(&container) { items.append("\(try item(&reader)): \(try item(&reader))") }
      return "{\(items.joined(separator: ", "))}"
    case .bool: return try reader.readBool() ? "true" : "false"
    case .null:
      _ = reader.readNull()
      return "null"
    default: return "h'\(try reader.readItem().hex)'"
    }
  }
}

/// The first place at which two JSON values differ; the order of members counts, as files are compared byte by byte.
public enum JSONDifference {
  /// The path and both values, nil if they are equal.
  public static func first(_ ours: JSONValue, _ theirs: JSONValue, path: String) -> String? {
    switch (ours, theirs) {
    case (.object(let own), .object(let recorded)):
      for index in 0..<max(own.count, recorded.count) {
        guard index < own.count else { return "\(path): lacks \(recorded[index].key)" }
        guard index < recorded.count else { return "\(path): has \(own[index].key), not recorded" }
        guard own[index].key == recorded[index].key else {
          return "\(path): has \(own[index].key) where \(recorded[index].key) is recorded"
        }
        if let found = first(own[index].value, recorded[index].value, path: "\(path)/\(own[index].key)") { return found }
      }
      return nil
    case (.array(let own), .array(let recorded)):
      for index in 0..<max(own.count, recorded.count) {
        guard index < own.count, index < recorded.count else { return "\(path): \(own.count) elements, recorded \(recorded.count)" }
        if let found = first(own[index], recorded[index], path: "\(path)/\(index)") { return found }
      }
      return nil
    default:
      return ours == theirs ? nil : "\(path): \(ours.text().prefix(300)), recorded \(theirs.text().prefix(300))"
    }
  }
}
