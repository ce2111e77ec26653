/// Why a configuration was refused; the description is what goes to standard error. Rule: sheet 09 §1.1.
public enum ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file cannot be read, or its variables cannot be put in.
  case unreadable(file: String, reason: String)
  /// The file is not YAML.
  case malformed(file: String, line: Int, reason: String)
  /// Keys or values that the schema does not know, each with its line.
  case refused(file: String, problems: [String])
  /// A rule between or about values; the text begins with the section.
  case invalid(String)

  public var description: String {
    switch self {
    case .unreadable(let file, let reason): "unable to read config file '\(file)': \(reason)"
    case .malformed(let file, let line, let reason): "failed to load config file '\(file)': yaml: line \(line): \(reason)"
    case .refused(let file, let problems):
      "failed to load config file '\(file)': yaml: unmarshal errors:\n  " + problems.joined(separator: "\n  ")
    case .invalid(let text): text
    }
  }
}
