internal import Foundation
internal import GoldenSupport

/// Which lines of the reference's log ours must have where both did the same: same level, module, text, and every field.
enum LogContract {
  /// The messages of the parts that exist, by module. What is missing here belongs to parts that are not built, or is chatter of stores
  /// and of Go's libraries.
  private static let messages: [String: Set<String>] = [
    "oasis-node": [
      "Starting oasis-node", "running with elevated privileges is NOT RECOMMENDED", "running with elevated privileges not allowed",
      "`debug.allow_debug_enclaves` set, enclaves in debug mode will be allowed", "loaded/generated node identity",
      "failed to start oasis node", "initialization complete: ready to serve", "user requested termination",
    ],
    "grpc/internal": ["starting gRPC server", "gRPC server started"],
    "runtime/registry": ["adding runtime", "runtime added"],
    "runtime/bundle/manager": [
      "starting", "stopping", "exploding bundles", "exploding bundle", "bundle exploded", "loading manifests", "manifest loaded",
      "cleaning bundles", "registering manifests", "registering manifest",
    ],
    "runtime/bundle/registry": ["adding manifest", "manifest added"],
    "runtime/history/indexer": ["starting", "reindexing", "reindex completed", "indexing", "stopping"],
    "runtime/host/multi": ["adding version", "version added", "set version", "starting aggregate", "stopping aggregate"],
    "runtime/host/sandbox": [
      "starting runtime", "failed to start runtime", "waiting for runtime to connect", "runtime connected",
      "runtime host protocol initialized", "termination requested", "terminating runtime",
    ],
    "worker/common": [
      "registering new runtime", "new runtime registered", "starting services for runtime", "stopping services for runtime",
    ],
    "worker/client": [
      "registering new runtime", "new runtime registered", "starting services for runtime", "stopping services for runtime",
    ],
    "worker/executor": ["registering new runtime", "new runtime registered", "starting services for runtime"],
    "worker/storage": ["registering new runtime", "new runtime registered", "starting", "stopping", "stopped"],
    "worker/storage/committee": ["starting", "worker initialized", "initialized", "stopped"],
    "worker/common/committee": [
      "starting committee node", "delaying worker start until after initial synchronization",
      "consensus has finished initial synchronization", "runtime is registered with the registry",
      "waiting for block history to be initialized", "block history initialized", "termination requested",
    ],
    "worker/client/committee": ["starting committee node", "termination requested"],
    "worker/keymanager": ["not starting key manager worker as it is disabled"],
    "worker/sentry": ["not starting sentry worker as it is disabled"],
    "worker/registration": ["starting node registration service"],
  ]

  /// The distinct lines that ours must have.
  static func expected(of recorded: [LogLine]) -> [LogLine] {
    var kept: [LogLine] = []
    for line in recorded where isOurs(line) {
      let isKnown = kept.contains { ($0.level, $0.module, $0.message, reason($0)) == (line.level, line.module, line.message, reason(line)) }
      if !isKnown { kept.append(line) }
    }
    return kept
  }

  private static func isOurs(_ line: LogLine) -> Bool {
    // What the sandbox or a runtime prints is told as it is.
    if line.module == "runtime", line.message.hasPrefix("bwrap: ") { return true }
    // A bundle of an earlier run is cleaned away: of that the recording's own past decides.
    if line.message == "cleaning bundles", !line.fields.isEmpty { return false }
    return messages[line.module]?.contains(line.message) == true
  }

  /// The error, without what differs from run to run.
  private static func reason(_ line: LogLine) -> String {
    (line.fields["err"] ?? "").replacing(/[0-9]+/, with: "N")
  }

  /// Fails unless one of our lines is the recorded one.
  static func check(_ recorded: LogLine, in ours: [LogLine]) throws {
    let candidates = ours.filter { $0.module == recorded.module && $0.message == recorded.message }
    guard !candidates.isEmpty else { throw GoldenError("not in our log") }
    let keys = Set(recorded.fields.keys)
    let problems = candidates.map { line -> String in
      if line.level != recorded.level { return "level \(line.level), theirs \(recorded.level)" }
      let missing = keys.subtracting(line.fields.keys)
      if !missing.isEmpty { return "without \(missing.sorted().joined(separator: ", "))" }
      let (our, their) = (reason(line), reason(recorded))
      return Agreement.holds(our, their) ? "" : "err \(line.fields["err"] ?? ""), theirs \(recorded.fields["err"] ?? "")"
    }
    if !problems.contains("") { throw GoldenError(problems.first ?? "") }
  }
}

/// Whether our text says what the reference's says: the words up to the last colon are the contract, what Go's library says behind it is not.
/// Ours may add where that is and what to do.
enum Agreement {
  /// What Go's standard library says by itself.
  private static let goWords = ["file does not exist", "pem: data does not contain a block"]

  static func holds(_ ours: some StringProtocol, _ theirs: some StringProtocol) -> Bool {
    if ours.hasPrefix(theirs) { return true }
    if goWords.contains(String(theirs)) { return !ours.isEmpty }
    guard let colon = theirs.range(of: ": ", options: .backwards) else { return false }
    return ours.hasPrefix(theirs[..<colon.upperBound])
  }
}
