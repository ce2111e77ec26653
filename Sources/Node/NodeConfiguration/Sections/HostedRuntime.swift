extension RuntimeConfiguration {
  /// An entry of `runtime.runtimes`.
  public struct Hosted: ConfigurationSection, ConfigurationListItem {
    public var id = RuntimeIdentifier.defaultItem
    public var components: [Component] = []
    public var config: [String: LocalValue] = [:]
    public var registries: [String] = []

    public init() {}
    static let keys: [ConfigurationKey<Self>] = [
      .init("id", \.id), .init("components", \.components), .init("config", \.config), .init("registries", \.registries, .bundleRegistries),
    ]
  }

  /// A component of a hosted runtime; in the file its identifier alone or a mapping.
  public struct Component: ConfigurationSection, ConfigurationListItem {
    public var id = ComponentIdentifier(kind: "", name: "")
    /// Empty, `none`, `sgx` or `tdx`.
    public var tee = ""
    public var disabled = false
    public var networking = Networking()
    public var permissions: [Permission] = []
    public var config: [String: LocalValue] = [:]

    public init() {}
    static let keys: [ConfigurationKey<Self>] = [
      .init("id", \.id), .init("tee", \.tee, .tee), .init("disabled", \.disabled), .init("networking", \.networking, .tee),
      .init("permissions", \.permissions, .components), .init("config", \.config),
    ]

    static var allowed: String { "a component identifier or a mapping with the keys \(keys.map(\.name).joined(separator: ", "))" }

    static func read(_ node: YAMLNode, at place: ConfigurationPath, into value: inout Self, _ reader: inout ConfigurationReader) {
      if case .scalar = node.content {
        ComponentIdentifier.read(node, at: place, into: &value.id, &reader)
      } else {
        readSection(node, at: place, into: &value, &reader)
      }
      if value.id.kind == "rofl" { reader.used(place, node.line, .components) }
    }

    func validate(at place: String) throws(ConfigurationError) {
      guard ["", "none", "sgx", "tdx"].contains(tee) else {
        throw .invalid("runtime: unknown TEE select mode: \(tee)", at: "\(place).tee", allowed: "empty, none, sgx, tdx")
      }
      var seen: Set<String> = []
      for (index, rule) in networking.incoming.enumerated() {
        func fail(_ text: String, _ key: String, _ allowed: String) -> ConfigurationError {
          .invalid(
            "runtime: component \(id): \(text)", at: "\(place).networking.incoming[\(index)]\(key)", allowed: allowed)
        }
        guard ["", "tcp", "udp"].contains(rule.protocol) else {
          throw fail("network protocol '\(rule.protocol)' not supported", ".protocol", "tcp or udp")
        }
        guard rule.ip.isEmpty || isIPAddress(rule.ip) else {
          throw fail("IP address '\(rule.ip)' is malformed", ".ip", "an IPv4 or IPv6 address")
        }
        guard seen.insert("\(rule.ip) \(rule.protocol) \(rule.sourcePort)").inserted else {
          throw fail("overlapping incoming IP/protocol/port", "", "each address, protocol and src_port once")
        }
      }
    }
  }

  /// What the sandbox of one component may use of the network.
  public struct Networking: ConfigurationSection {
    public var incoming: [Incoming] = []

    public init() {}
    static let keys: [ConfigurationKey<Self>] = [.init("incoming", \.incoming)]
  }

  /// A port of the host that leads into a component.
  public struct Incoming: ConfigurationSection, ConfigurationListItem {
    public var ip = ""
    /// `tcp` or `udp`.
    public var `protocol` = ""
    public var sourcePort: UInt16 = 0
    public var destinationPort: UInt16 = 0

    public init() {}
    static let keys: [ConfigurationKey<Self>] = [
      .init("ip", \.ip), .init("protocol", \.protocol), .init("src_port", \.sourcePort), .init("dst_port", \.destinationPort),
    ]
  }

  /// `ronl`, or `rofl.NAME`.
  public struct ComponentIdentifier: ConfigurationValue, Hashable, Sendable, CustomStringConvertible {
    /// `ronl` or `rofl`.
    public var kind: String
    public var name: String

    public init(kind: String, name: String) { (self.kind, self.name) = (kind, name) }

    public var description: String { name.isEmpty ? kind : "\(kind).\(name)" }

    static var allowed: String { "a component identifier: ronl or rofl.NAME" }

    static func read(_ node: YAMLNode, at place: ConfigurationPath, into value: inout Self, _ reader: inout ConfigurationReader) {
      readScalar(node, at: place, into: &value, &reader) { text, _ in
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let kind = parts.first, ["ronl", "rofl"].contains(kind) else { return nil }
        return Self(kind: kind, name: parts.count > 1 ? parts[1] : "")
      }
    }
  }

  /// What a component may ask of the node.
  public enum Permission: String, ConfigurationListItem, Hashable, Sendable, CaseIterable {
    case bundleAdd = "bundle_add"
    case bundleRemove = "bundle_remove"
    case volumeAdd = "volume_add"
    case volumeRemove = "volume_remove"
    case logView = "log_view"

    static var defaultItem: Self { .logView }
    static var allowed: String { "one of \(allCases.map(\.rawValue).joined(separator: ", "))" }

    static func read(_ node: YAMLNode, at place: ConfigurationPath, into value: inout Self, _ reader: inout ConfigurationReader) {
      readScalar(node, at: place, into: &value, &reader) { text, _ in Permission(rawValue: text) }
    }
  }
}
