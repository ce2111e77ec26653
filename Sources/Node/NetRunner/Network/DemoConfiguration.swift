internal import Bytes
internal import NodeConfiguration
public import OasisCrypto

/// The configuration file of the network's node. Rule: sheet 09 §1.
public struct DemoConfiguration: Sendable {
  public var directory: DemoDirectory
  public var entity: PublicKey

  public init(directory: DemoDirectory, entity: PublicKey) { (self.directory, self.entity) = (directory, entity) }

  /// The configuration file of the network's node, as YAML.
  public var text: String {
    """
    # Written by oasis-net-runner when it made this network; change it as you like.
    mode: compute
    common:
      data_dir: \(quoted(directory.node.path))
      log:
        format: logfmt
        level:
          default: info
      debug:
        allow_root: true
    genesis:
      file: \(quoted(directory.genesis))
    consensus:
      validator: true
      listen_address: "tcp://\(DemoGenesis.consensusAddress)"
      external_address: "tcp://\(DemoGenesis.consensusAddress)"
    p2p:
      registration:
        addresses:
          - "\(DemoGenesis.p2pAddress)"
    registration:
      entity_id: "\(entity.bytes.base64)"
    runtime:
      provisioner: sandboxed
      sandbox_binary: \(quoted(Programs.sandbox))
      paths:
        - \(quoted(directory.bundle))
      runtimes:
        - id: "\(DemoGenesis.runtimeID.hex)"

    """
  }

  /// A YAML string; a dollar is doubled since the file's text is searched for variables first.
  private func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "$": out += "$$"
      case let other where other.value < 0x20 || other.value == 0x7f:
        let hex = String(other.value, radix: 16)
        out += "\\x" + (hex.count == 1 ? "0" : "") + hex
      case let other: out.unicodeScalars.append(other)
      }
    }
    return out + "\""
  }
}
