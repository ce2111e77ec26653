/// A part of the configuration: its keys are listed once, and reading, defaults and messages follow from that list.
protocol ConfigurationSection: ConfigurationValue, Equatable, Sendable {
  /// The defaults.
  init()
  static var keys: [ConfigurationKey<Self>] { get }
}

/// One key of a section.
struct ConfigurationKey<Section>: Sendable {
  let name: String
  let feature: Feature?
  let read: @Sendable (inout Section, YAMLNode, ConfigurationPath, inout ConfigurationReader) -> Void

  /// The key `name`, kept in `path`. A `feature` is what must be built for the key to have an effect; it holds for all keys below.
  init<Value: ConfigurationValue & Equatable & SendableMetatype>(
    _ name: String, _ path: any WritableKeyPath<Section, Value> & Sendable, _ feature: Feature? = nil
  ) {
    (self.name, self.feature) = (name, feature)
    read = { section, node, place, reader in
      let before = section[keyPath: path]
      reader.lines["\(place)"] = node.line
      reader.enter(feature) { reader in
        Value.read(node, at: place, into: &section[keyPath: path], &reader)
      }
      if !(Value.self is any ConfigurationSection.Type), section[keyPath: path] != before { reader.used(place, node.line, feature) }
    }
  }
}

/// A type that a value of the configuration can have.
protocol ConfigurationValue {
  /// What is allowed, for messages.
  static var allowed: String { get }
  /// Reads `node` into `value`, which holds the default; problems go to the reader.
  static func read(_ node: YAMLNode, at place: ConfigurationPath, into value: inout Self, _ reader: inout ConfigurationReader)
}

/// Where a value stands: `runtime.runtimes[0].id`.
struct ConfigurationPath: Sendable, Hashable, CustomStringConvertible {
  private(set) var description = ""

  func key(_ name: String) -> Self {
    var copy = self
    copy.description += description.isEmpty ? name : ".\(name)"
    return copy
  }

  func index(_ index: Int) -> Self {
    var copy = self
    copy.description += "[\(index)]"
    return copy
  }
}

/// Collects what is wrong with a file, and which keys it uses whose feature may not be built.
struct ConfigurationReader {
  var problems: [(line: Int, text: String)] = []
  var uses: [FeatureUse] = []
  /// Where each key and each entry of a list stands.
  var lines: [String: Int] = [:]
  private var feature: Feature?

  mutating func problem(_ line: Int, _ text: String) { problems.append((line, text)) }

  /// A value of the wrong type or range.
  mutating func mismatch(_ node: YAMLNode, _ place: ConfigurationPath, _ allowed: String) {
    problem(node.line, "\(place): \(node.kind) is not \(allowed)")
  }

  mutating func enter(_ inner: Feature?, _ body: (inout ConfigurationReader) -> Void) {
    let outer = feature
    feature = inner ?? outer
    body(&self)
    feature = outer
  }

  mutating func used(_ place: ConfigurationPath, _ line: Int, _ own: Feature?) {
    if let feature = own ?? feature { uses.append(FeatureUse(key: place.description, line: line, feature: feature)) }
  }

  /// The pairs of a mapping with text keys, duplicates refused; nil (and a problem) when it is none.
  mutating func pairs(_ node: YAMLNode, at place: ConfigurationPath) -> [(key: String, line: Int, value: YAMLNode)]? {
    guard case .mapping(let pairs) = node.content else { return nil }
    var seen: [String: Int] = [:]
    var out: [(key: String, line: Int, value: YAMLNode)] = []
    for pair in pairs {
      guard case .scalar(let name, _) = pair.key.content else {
        problem(pair.key.line, "\(place): \(pair.key.kind) is not a key")
        continue
      }
      if let first = seen[name] {
        problem(pair.key.line, "mapping key \"\(name)\" already defined at line \(first)")
        continue
      }
      seen[name] = pair.key.line
      out.append((name, pair.key.line, pair.value))
    }
    return out
  }
}

extension ConfigurationSection {
  static var allowed: String { "a mapping with the keys \(keys.map(\.name).joined(separator: ", "))" }

  static func read(_ node: YAMLNode, at place: ConfigurationPath, into value: inout Self, _ reader: inout ConfigurationReader) {
    readSection(node, at: place, into: &value, &reader)
  }

  static func readSection(_ node: YAMLNode, at place: ConfigurationPath, into value: inout Self, _ reader: inout ConfigurationReader) {
    if node.isNull { return }
    guard let pairs = reader.pairs(node, at: place) else { return reader.mismatch(node, place, allowed) }
    for pair in pairs {
      guard let key = keys.first(where: { $0.name == pair.key }) else {
        let names = keys.map(\.name).joined(separator: ", ")
        reader.problem(
          pair.line, "field \(place.key(pair.key)) not found; \(place.description.isEmpty ? "the file" : "\(place)") knows \(names)")
        continue
      }
      key.read(&value, pair.value, place.key(pair.key), &reader)
    }
  }
}
