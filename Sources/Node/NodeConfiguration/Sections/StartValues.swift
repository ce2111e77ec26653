internal import Glibc

/// What is wrong with a value of the configuration that the reference looks at when it starts, not when it reads the file.
public struct StartValueError: Error, Hashable, Sendable, CustomStringConvertible {
  /// In the reference's words where they are known.
  public let description: String
  /// File, line and key, and what is allowed there.
  public let remedy: String
}

extension NodeConfiguration {
  /// Checks every address and key that names a peer, whether or not this version talks to it, and the pruning strategy. Rule: sheet 09 §1.4.
  public func checkAtStart() throws(StartValueError) {
    func refuse(_ words: String, _ key: String, _ allowed: String) -> StartValueError {
      StartValueError(description: words, remedy: "\(place(of: key)): allowed: \(allowed)")
    }
    func each(_ key: String, _ values: [String], _ allowed: String, _ problem: (String) -> String?) throws(StartValueError) {
      for (index, value) in values.enumerated() {
        if let problem = problem(value) { throw refuse("\(key): malformed '\(value)': \(problem)", "\(key)[\(index)]", allowed) }
      }
    }
    for (index, seed) in p2p.seeds.enumerated() {
      guard let problem = AddressText.keyed(seed, needsIP: true) else { continue }
      throw refuse(
        "p2p: failed to load peer config: failed to load bootstrap config: failed to convert seeds' addresses: "
          + "malformed address (expected pubkey@IP:port): \(problem)", "p2p.seeds[\(index)]", AddressText.keyedIP)
    }
    if let problem = AddressText.tcp(consensus.listenAddress, needsIP: true) {
      throw refuse(
        "consensus: malformed listen address '\(consensus.listenAddress)': \(problem)", "consensus.listen_address", "tcp://IP:PORT")
    }
    if !consensus.externalAddress.isEmpty, let problem = AddressText.tcp(consensus.externalAddress, needsIP: false) {
      throw refuse(
        "consensus: malformed external address '\(consensus.externalAddress)': \(problem)", "consensus.external_address",
        "tcp://HOST:PORT")
    }
    try each("consensus.p2p.persistent_peers", consensus.p2p.persistentPeers, AddressText.keyedHost) { AddressText.keyed($0) }
    try each("consensus.p2p.unconditional_peers", consensus.p2p.unconditionalPeers, publicKeyText, keyProblem)
    try each("consensus.sentry_upstream_addresses", consensus.sentryUpstreamAddresses, AddressText.keyedHost) { AddressText.keyed($0) }
    try each("consensus.providers", consensus.providers, "unix:PATH, HOST:PORT or KEY@HOST:PORT") { text in
      if text.hasPrefix("unix:") { return text.count > 5 ? nil : "missing path" }
      return text.contains("@") ? AddressText.keyed(text) : AddressText.hostPort(text)
    }
    try each("p2p.registration.addresses", p2p.registration.addresses, "IP:PORT") { AddressText.hostPort($0, needsIP: true) }
    try each("p2p.connection_manager.persistent_peers", p2p.connectionManager.persistentPeers, AddressText.keyedHost) {
      AddressText.keyed($0)
    }
    try each("p2p.connection_gater.blocked_peers", p2p.connectionGater.blockedPeers, "an IP address") {
      isIPAddress($0) ? nil : "not an IP address"
    }
    try each("keymanager.private_peer_pub_keys", keyManager.privatePeerKeys, publicKeyText, keyProblem)
    let strategy = consensus.prune.strategy
    guard ["none", "keep_n"].contains(strategy.lowercased()) else {
      throw refuse(
        "failed to initialize cometbft consensus backend: failed to create full node: lazy init: "
          + "abci/pruner: unknown pruning strategy: '\(strategy)'", "consensus.prune.strategy", "none, keep_n")
    }
    try each("ias.proxy_addresses", ias.proxyAddresses, AddressText.keyedHost) { AddressText.keyed($0) }
  }
}

/// The forms of addresses; each function says what is wrong, nil for nothing.
private enum AddressText {
  static let keyedIP = "KEY@IP:PORT, the key 32 bytes in base64"
  static let keyedHost = "KEY@HOST:PORT, the key 32 bytes in base64"

  static func keyed(_ text: String, needsIP: Bool = false) -> String? {
    let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2 else { return "node: consensus address doesn't have ID@ part" }
    return keyProblem(parts[0]) ?? hostPort(parts[1], needsIP: needsIP)
  }

  static func tcp(_ text: String, needsIP: Bool) -> String? {
    text.hasPrefix("tcp://") ? hostPort(String(text.dropFirst(6)), needsIP: needsIP) : "does not begin with tcp://"
  }

  static func hostPort(_ text: String, needsIP: Bool = false) -> String? {
    guard let colon = text.lastIndex(of: ":") else { return "address \(text): missing port in address" }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      return "address \(text): too many colons in address"
    }
    guard UInt16(text[text.index(after: colon)...]) != nil else { return "address \(text): invalid port" }
    if host.isEmpty { return "address \(text): missing host" }
    return needsIP && !isIPAddress(String(host)) ? "address \(text): '\(host)' is not an IP address" : nil
  }
}

/// Whether `text` is an IPv4 or IPv6 address.
func isIPAddress(_ text: String) -> Bool {
  var bytes = in6_addr()
  return inet_pton(AF_INET, text, &bytes) == 1 || inet_pton(AF_INET6, text, &bytes) == 1
}
