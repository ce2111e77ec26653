public import OasisTypes

extension Registry.EntityEvent: ServiceEvent {
  public static var service: String { RegistryService.name }
  public static var kind: String { "entity" }
}

extension Registry.NodeEvent: ServiceEvent {
  public static var service: String { RegistryService.name }
  public static var kind: String { "node" }
}

extension Registry.RuntimeStartedEvent: ServiceEvent {
  public static var service: String { RegistryService.name }
  public static var kind: String { "runtime_started" }
}

extension Registry.RuntimeSuspendedEvent: ServiceEvent {
  public static var service: String { RegistryService.name }
  public static var kind: String { "runtime_suspended" }
}

extension Registry.NodeUnfrozenEvent: ServiceEvent {
  public static var service: String { RegistryService.name }
  public static var kind: String { "node_unfrozen" }
}
