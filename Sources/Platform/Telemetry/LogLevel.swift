/// The weight of a log event. Rule: sheet 09 §6.2.
public enum LogLevel: Int, Comparable, Sendable, CaseIterable, CustomStringConvertible {
  case debug, info, warn, error

  /// The level named by a word of the configuration (case does not matter); nil for any other word.
  public init?(word: String) {
    switch word.lowercased() {
    case "debug": self = .debug
    case "info": self = .info
    case "warn": self = .warn
    case "error": self = .error
    default: return nil
    }
  }

  public var description: String {
    switch self {
    case .debug: "debug"
    case .info: "info"
    case .warn: "warn"
    case .error: "error"
    }
  }

  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// Which events pass, by module. Rule: sheet 09 §6.2.
public struct LogLevels: Sendable, Hashable {
  /// The level of every module without an entry of its own, and the floor of those with one.
  public var standard: LogLevel
  /// Levels by module prefix.
  public var byPrefix: [String: LogLevel]

  public init(_ standard: LogLevel = .warn, byPrefix: [String: LogLevel] = [:]) {
    (self.standard, self.byPrefix) = (standard, byPrefix)
  }

  /// The threshold of `module`: the stricter of the default and the level of the longest prefix, so an entry can only silence further.
  public func threshold(of module: String) -> LogLevel {
    let longest = byPrefix.filter { module.hasPrefix($0.key) }.max { $0.key.utf8.count < $1.key.utf8.count }
    return max(standard, longest?.value ?? standard)
  }
}
