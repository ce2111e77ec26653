internal import CLinux
internal import Glibc
internal import Telemetry

/// Why the node does not start; the description is what the operator reads.
public struct StartError: Error, Sendable, CustomStringConvertible {
  public let description: String
  /// What to do about it, where the reference's words do not say.
  public let remedy: String?
  init(_ description: String, remedy: String? = nil) { (self.description, self.remedy) = (description, remedy) }
}

/// What the process may use of the machine.
enum ProcessLimits {
  /// Below this the reference does not start; ours warns.
  static let wanted: UInt64 = 50_000
  /// Below this stores and peers cannot work.
  static let required: UInt64 = 4096

  /// Raises the soft limit of open files as far as the hard one lets. `configured` is `common.debug.rlimit`, 0 for none.
  static func raiseOpenFiles(configured: UInt64, _ log: Log) throws(StartError) {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
      throw StartError("cannot read the limit of open files: \(String(cString: strerror(errno)))")
    }
    let target = configured > 0 ? min(UInt64(limit.rlim_max), configured) : UInt64(limit.rlim_max)
    if UInt64(limit.rlim_cur) < target || configured > 0 {
      limit.rlim_cur = rlim_t(target)
      _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      _ = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
    let current = UInt64(limit.rlim_cur)
    guard current >= required else {
      throw StartError(
        "too low RLIMIT_NOFILE, current: \(current) required: \(required); raise it with 'ulimit -n' or LimitNOFILE= of the unit")
    }
    if current < wanted {
      log.warn("low limit of open files, raise it with 'ulimit -n' or LimitNOFILE= of the unit", ["current": current, "wanted": wanted])
    }
  }

  /// Refuses to run as root, unless it is allowed for debugging.
  static func checkUser(_ flags: DebugFlags, allowRoot: Bool, _ log: Log) throws(StartError) {
    guard geteuid() == 0 else { return }
    guard flags.dontBlameOasis, allowRoot else {
      let text = "running with elevated privileges not allowed"
      log.error(text)
      throw StartError(text, remedy: "start the node as a user of its own that owns the data directory")
    }
    log.warn("running with elevated privileges is NOT RECOMMENDED")
  }
}
