public import OasisTypes
public import RuntimeProtocol

/// A component of a runtime in all its versions, as those who work with it see it (07 B.1).
public protocol HostedComponent: Sendable {
  /// What happens to the active version from now on.
  func events() -> AsyncStream<RuntimeEvent>
  /// The versions that run, or are being started.
  var versions: (active: Version?, next: Version?) { get async }
  /// How the active version is doing; nil where there is none.
  var status: RuntimeStatus? { get async }
  /// What the active version said about itself.
  func information() async throws -> RuntimeInfoResponse
  /// Calls the active version, waiting for it where there is none.
  func call(_ body: Body, within limit: Duration?) async throws -> Body
  /// Makes the active version give up what it does.
  func abort(force: Bool) async
  /// Says which versions shall run.
  func setVersions(active: Version?, next: Version?) async
  /// Forgets the versions below one that do not run.
  func removeBelow(_ version: Version) async
  /// Starts and stops versions as they are wanted, until the task is cancelled.
  func run() async
}

extension HostedComponent {
  /// Has the runtime verify the consensus layer up to a height, within 10 s.
  public func synchronize(to height: Int64) async throws {
    var request = RuntimeConsensusSyncRequest()
    request.height = UInt64(clamping: height)
    _ = try await call(.runtimeConsensusSyncRequest(request), within: .seconds(10))
  }
}

extension RuntimeAggregate: HostedComponent {}
