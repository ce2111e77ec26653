/// Reads requests without a body from a stream's bytes. Rule: RFC 9112, the part that pages need.
struct RequestParser: Sendable {
  /// The bytes of a request line and all fields.
  static let limit = 16_384
  static let fieldLimit = 100

  /// What cannot be answered as asked: the status to say so with.
  struct Refusal: Error, Hashable, Sendable {
    var status: Int
  }

  private var buffer: [UInt8] = []
  /// Where the search for the end goes on.
  private var searched = 0

  /// A request, and whether the connection may serve another.
  struct Parsed: Hashable, Sendable {
    var request: HTTPRequest
    var keepAlive: Bool
  }

  mutating func append(_ bytes: [UInt8]) { buffer += bytes }

  /// The next request; nil while it is not complete.
  mutating func next() throws(Refusal) -> Parsed? {
    // Empty lines before a request are skipped.
    if searched == 0 { buffer.removeFirst(buffer.firstIndex { $0 != 0x0D && $0 != 0x0A } ?? buffer.count) }
    guard let end = headEnd() else {
      if buffer.count > Self.limit { throw Refusal(status: 431) }
      return nil
    }
    guard end.head <= Self.limit else { throw Refusal(status: 431) }
    let head = Array(buffer[..<end.head])
    buffer.removeFirst(end.total)
    searched = 0
    return try Self.parse(head)
  }

  /// Whether part of a request is there.
  var isWithinRequest: Bool { !buffer.isEmpty }

  private mutating func headEnd() -> (head: Int, total: Int)? {
    var index = searched
    while index < buffer.count {
      if buffer[index] == 0x0A {
        if index >= 1, buffer[index - 1] == 0x0A { return (index - 1, index + 1) }
        if index >= 3, buffer[index - 1] == 0x0D, buffer[index - 2] == 0x0A { return (index - 2, index + 1) }
      }
      index += 1
    }
    searched = buffer.count
    return nil
  }

  private static func parse(_ head: [UInt8]) throws(Refusal) -> Parsed {
    guard head.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }) else { throw Refusal(status: 400) }
    var lines = head.split(separator: 0x0A, omittingEmptySubsequences: true).map { $0.last == 0x0D ? $0.dropLast() : $0 }[...]
    guard let first = lines.popFirst() else { throw Refusal(status: 400) }
    let parts = first.split(separator: 0x20, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    guard parts.count == 3, !parts[0].isEmpty, !parts[1].isEmpty, parts[2].hasPrefix("HTTP/") else { throw Refusal(status: 400) }
    guard parts[2] == "HTTP/1.1" || parts[2] == "HTTP/1.0" else { throw Refusal(status: 505) }
    guard lines.count <= fieldLimit else { throw Refusal(status: 431) }
    var request = HTTPRequest(method: parts[0], target: parts[1])
    for line in lines {
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex, line[..<colon].allSatisfy({ $0 > 0x20 }) else {
        throw Refusal(status: 400)
      }
      let value = line[(colon + 1)...].drop { $0 == 0x20 || $0 == 0x09 }
      let trimmed = value.reversed().drop { $0 == 0x20 || $0 == 0x09 }.reversed()
      request.fields.append((String(decoding: line[..<colon], as: UTF8.self).lowercased(), String(decoding: Array(trimmed), as: UTF8.self)))
    }
    // A body would have to be read to find the next request: none is needed, so none is taken.
    if request.field("transfer-encoding") != nil { throw Refusal(status: 501) }
    if let length = request.field("content-length"), length != "0" { throw Refusal(status: 413) }
    let connection = request.field("connection")?.lowercased() ?? ""
    let keepAlive = parts[2] == "HTTP/1.1" ? !connection.contains("close") : connection.contains("keep-alive")
    return Parsed(request: request, keepAlive: keepAlive)
  }
}
