public import OasisTypes

extension RootHash.ExecutorCommittedEvent: ServiceEvent {
  public static var service: String { RootHashService.name }
  public static var kind: String { "executor_commit" }
}

extension RootHash.ExecutionDiscrepancyDetectedEvent: ServiceEvent {
  public static var service: String { RootHashService.name }
  public static var kind: String { "execution_discrepancy" }
}

extension RootHash.FinalizedEvent: ServiceEvent {
  public static var service: String { RootHashService.name }
  public static var kind: String { "finalized" }
}

extension RootHash.InMessageProcessedEvent: ServiceEvent {
  public static var service: String { RootHashService.name }
  public static var kind: String { "in_msg_processed" }
}
