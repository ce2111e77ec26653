/// Why a bundle was refused. The text is the reference's where an operator sees it (`golden/vectors/core/bundles.jsonl`).
public struct BundleError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The reason, without the module's prefix.
  public let reason: String

  /// A refusal.
  public init(_ reason: String) { self.reason = reason }

  /// The text as the reference prints it.
  public var description: String { "runtime/bundle: \(reason)" }
}

/// How much of a bundle is read at most, in bytes: an archive's own figures are not to be trusted.
public struct BundleLimits: Sendable {
  /// The manifest.
  public var manifest = 1 << 20
  /// All files together, unpacked.
  public var content = 2 << 30
  /// Number of files.
  public var files = 4096

  /// The usual limits.
  public init() {}
}
