/// A piece of a YAML document with its place in the file.
struct YAMLNode: Sendable {
  indirect enum Content: Sendable {
    /// A scalar's text; plain when it was written without quotes (and without a string tag), so that it may be a number or a word.
    case scalar(String, plain: Bool)
    case sequence([YAMLNode])
    case mapping([(key: YAMLNode, value: YAMLNode)])
  }

  var content: Content
  /// From 1.
  var line: Int

  /// Whether it stands for no value: an empty plain scalar, `~` or `null`.
  var isNull: Bool {
    guard case .scalar(let text, plain: true) = content else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(text)
  }

  /// What it is, for messages.
  var kind: String {
    switch content {
    case .scalar(let text, _): "'\(text.prefix(60))'"
    case .sequence: "a list"
    case .mapping: "a mapping"
    }
  }
}

/// A file that is not YAML, or more of it than a configuration can need.
struct YAMLError: Error, Hashable, Sendable {
  var line: Int
  var reason: String
}
