internal import Glibc
internal import NodeConfiguration
internal import OasisCrypto
internal import OasisTypes

/// Under which addresses a node registers. Rule: sheet 03 §19.1, 08 §C1.
enum NodeAddresses {
  /// Where peers reach the consensus engine: `consensus.external_address`, else the listening address with a guessed IP for 0.0.0.0.
  static func consensus(_ configuration: ConsensusConfiguration, p2pKey: PublicKey, allowsUnroutable: Bool) throws(StartError)
    -> [ConsensusAddress]
  {
    let text = configuration.externalAddress.isEmpty ? configuration.listenAddress : configuration.externalAddress
    guard text.hasPrefix("tcp://"), var address = NodeAddress(text: String(text.dropFirst(6))) else {
      throw StartError("consensus address '\(text)': expected tcp://IP:PORT")
    }
    if address.ip.map({ $0.suffix(4) == [0, 0, 0, 0] }) ?? true { address.ip = guessedIP() }
    return address.isRoutable || allowsUnroutable ? [ConsensusAddress(id: p2pKey, address: address)] : []
  }

  /// Where peers reach libp2p: `p2p.registration.addresses`, else the guessed IP with `p2p.port`.
  static func p2p(_ configuration: P2PConfiguration, allowsUnroutable: Bool) throws(StartError) -> [NodeAddress] {
    var addresses: [NodeAddress] = []
    for text in configuration.registration.addresses {
      guard let address = NodeAddress(text: text) else { throw StartError("p2p.registration.addresses: '\(text)': expected IP:PORT") }
      addresses.append(address)
    }
    if addresses.isEmpty { addresses = [NodeAddress(ip: guessedIP(), port: Int64(configuration.port))] }
    return addresses.filter { $0.isRoutable || allowsUnroutable }
  }

  /// The first IPv4 address of an interface that is up and not the loopback, in 16-byte form; else 127.0.0.1.
  static func guessedIP() -> [UInt8] {
    let prefix: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
    var list: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&list) == 0 else { return prefix + [127, 0, 0, 1] }
    defer { freeifaddrs(list) }
    var next = list
    while let interface = next {
      next = interface.pointee.ifa_next
      guard let address = interface.pointee.ifa_addr, address.pointee.sa_family == UInt16(AF_INET),
        interface.pointee.ifa_flags & UInt32(IFF_LOOPBACK) == 0, interface.pointee.ifa_flags & UInt32(IFF_UP) != 0
      else { continue }
      let ip = address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { $0.pointee.sin_addr.s_addr }
      return prefix + withUnsafeBytes(of: ip) { Array($0) }
    }
    return prefix + [127, 0, 0, 1]
  }
}
