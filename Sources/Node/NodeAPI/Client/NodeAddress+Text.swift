public import AsyncIO

/// Why a node's address cannot be used.
public struct AddressError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}

extension NodeClient {
  /// An address as commands take it: `unix:PATH`, or `host:port` of this machine with `insecure`. Rule: sheet 09 §3.1.
  public static func address(_ text: String, insecure: Bool) throws(AddressError) -> SocketAddress {
    if text.hasPrefix("unix:") {
      var path = text.dropFirst("unix:".count)
      if path.hasPrefix("//") { path = path.dropFirst(2) }
      guard !path.isEmpty else { throw AddressError("no path in address '\(text)'") }
      return .unix(String(path))
    }
    for scheme in ["unix-abstract:", "vsock:"] where text.hasPrefix(scheme) {
      throw AddressError("addresses with \(scheme) are not part of this version: use unix:PATH")
    }
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
      throw AddressError("address '\(text)' is neither unix:PATH nor host:port")
    }
    var host = String(text[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    guard insecure else { throw AddressError("connections over TLS are not part of this version: use unix:PATH") }
    guard host == "localhost" || host == "::1" || host.hasPrefix("127.") else {
      throw AddressError("insecure loopback requested but address is not loopback: \(text)")
    }
    return .tcp(host: host, port: port)
  }
}
