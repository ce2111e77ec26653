/// Why a configuration was refused; the description is what goes to standard error. Rule: sheet 09 §1.1.
public enum ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file cannot be read, or its variables cannot be put in.
  case unreadable(file: String, reason: String)
  /// The file is not YAML.
  case malformed(file: String, line: Int, reason: String)
  /// Keys or values that the schema does not know, each with its line.
  case refused(file: String, problems: [String])
  /// A rule between or about values, in the reference's words, which begin with the section; then the key that breaks it and what is
  /// allowed there, where that is one key.
  case invalid(String, at: String = "", allowed: String = "")

  public var description: String {
    switch self {
    case .unreadable(let file, let reason): "unable to read config file '\(file)': \(reason)"
    case .malformed(let file, let line, let reason): "failed to load config file '\(file)': yaml: line \(line): \(reason)"
    case .refused(let file, let problems):
      "failed to load config file '\(file)': yaml: unmarshal errors:\n  " + problems.joined(separator: "\n  ")
    case .invalid(let text, at: let key, allowed: let allowed):
      [key, allowed].allSatisfy(\.isEmpty) ? text : "\(text) (\([key, allowed].filter { !$0.isEmpty }.joined(separator: ": ")))"
    }
  }

  /// The same, with file and line of the key.
  func located(_ places: ConfigurationPlaces) -> ConfigurationError {
    guard case .invalid(let text, at: let key, allowed: let allowed) = self, !key.isEmpty else { return self }
    return .invalid(text, at: places.place(of: key), allowed: allowed)
  }
}

/// Where the keys of a file stand. All are equal: a place is no setting.
struct ConfigurationPlaces: Hashable, Sendable {
  var file = ""
  var lines: [String: Int] = [:]

  /// `FILE line N, KEY`; a key that the file leaves out is named alone.
  func place(of key: String) -> String {
    if let line = lines[key] { return "\(file) line \(line), \(key)" }
    return file.isEmpty ? key : "\(file), \(key)"
  }

  static func == (left: Self, right: Self) -> Bool { true }
  func hash(into hasher: inout Hasher) {}
}
