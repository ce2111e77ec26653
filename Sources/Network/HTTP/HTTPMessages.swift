/// A request as far as a page needs it.
public struct HTTPRequest: Hashable, Sendable {
  public var method: String
  /// The path with its query, as sent.
  public var target: String
  /// Fields in the order sent, names in lower case.
  public var fields: [(name: String, value: String)]

  public init(method: String, target: String, fields: [(name: String, value: String)] = []) {
    (self.method, self.target, self.fields) = (method, target, fields)
  }

  /// The first field of that (lower-case) name.
  public func field(_ name: String) -> String? { fields.first { $0.name == name }?.value }

  /// The path without the query.
  public var path: String { String(target.prefix { $0 != "?" }) }

  public static func == (left: Self, right: Self) -> Bool {
    left.method == right.method && left.target == right.target && left.fields.elementsEqual(right.fields) { $0 == $1 }
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(method)
    hasher.combine(target)
  }
}

/// An answer.
public struct HTTPResponse: Hashable, Sendable {
  public var status: Int
  public var contentType: String
  public var body: [UInt8]

  public init(status: Int = 200, contentType: String = "text/plain; charset=utf-8", body: [UInt8]) {
    (self.status, self.contentType, self.body) = (status, contentType, body)
  }

  public init(status: Int = 200, contentType: String = "text/plain; charset=utf-8", text: String) {
    self.init(status: status, contentType: contentType, body: Array(text.utf8))
  }

  private static let reasons: [Int: String] = [
    200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout", 413: "Content Too Large",
    431: "Request Header Fields Too Large", 500: "Internal Server Error", 501: "Not Implemented", 503: "Service Unavailable",
    505: "HTTP Version Not Supported",
  ]

  /// The bytes on the wire; `head` leaves the body out, as for HEAD.
  func serialized(keepAlive: Bool, head: Bool) -> [UInt8] {
    let text =
      "HTTP/1.1 \(status) \(Self.reasons[status] ?? "Status")\r\nContent-Type: \(contentType)\r\nContent-Length: \(body.count)\r\n"
      + "Connection: \(keepAlive ? "keep-alive" : "close")\r\n\r\n"
    return Array(text.utf8) + (head ? [] : body)
  }
}
