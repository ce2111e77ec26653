/// Looks over a whole item before anything is decoded from it: heads, lengths, depth and limits.
///
/// What a mode forbids anywhere in an item (tags, indefinite lengths) is found here, so the reader itself need not look again.
struct Scan {
  let bytes: [UInt8]
  let mode: DecodingMode
  var offset: Int

  struct Head {
    var major: UInt8
    var info: UInt8
    var argument: UInt64
    var start: Int
    var isIndefinite: Bool { info == 31 }
  }

  @inline(__always)
  mutating func head() throws(CBORError) -> Head {
    let start = offset
    guard offset < bytes.count else { throw CBORError(.truncated, offset: offset) }
    let first = bytes[offset]
    offset += 1
    let info = first & 0x1f
    var argument = UInt64(info)
    if info >= 24 {
      guard info <= 27 else {
        guard info == 31 else { throw CBORError(.malformed("reserved head"), offset: start) }
        return Head(major: first >> 5, info: info, argument: 0, start: start)
      }
      let width = 1 << Int(info - 24)
      guard bytes.count - offset >= width else { throw CBORError(.truncated, offset: offset) }
      argument = 0
      for index in offset..<offset + width { argument = argument << 8 | UInt64(bytes[index]) }
      offset += width
    }
    return Head(major: first >> 5, info: info, argument: argument, start: start)
  }

  /// Moves past one item.
  mutating func item(depth: Int = 0) throws(CBORError) {
    let head = try head()
    if mode.isStrict { try checkStrict(head) }
    switch head.major {
    case 0, 1: if head.isIndefinite { throw CBORError(.malformed("reserved head"), offset: head.start) }
    case 2, 3: try string(head)
    case 4, 5: try container(head, depth: depth + 1)
    case 6:
      if head.isIndefinite { throw CBORError(.malformed("reserved head"), offset: head.start) }
      guard mode.allowsTags else { throw CBORError(.tag, offset: head.start) }
      var tag = head
      while offset < bytes.count {
        if !mode.isStrict { try checkContent(of: tag) }
        guard bytes[offset] >> 5 == 6 else { break }
        tag = try self.head()
        if tag.isIndefinite { throw CBORError(.malformed("reserved head"), offset: tag.start) }
        if mode.isStrict { try checkStrict(tag) }
      }
      try item(depth: depth)
    default:
      if head.isIndefinite { throw CBORError(.malformed("stray break"), offset: head.start) }
      if head.info == 24, head.argument < 32 { throw CBORError(.malformed("short simple value"), offset: head.start) }
    }
  }

  /// The tags of dates and large integers fit only some kinds of content.
  private func checkContent(of tag: Head) throws(CBORError) {
    let content = bytes[offset]
    let fits =
      switch tag.argument {
      case 0: content >> 5 == 3
      case 1: content >> 5 < 2 || (0xf9...0xfb).contains(content)
      case 2, 3: content >> 5 == 2
      default: true
      }
    guard fits else { throw CBORError(.malformed("content of tag \(tag.argument)"), offset: tag.start) }
  }

  private mutating func string(_ head: Head) throws(CBORError) {
    guard head.isIndefinite else { return try take(head.argument) }
    guard mode.allowsIndefiniteLength else { throw CBORError(.indefiniteLength, offset: head.start) }
    while true {
      guard offset < bytes.count else { throw CBORError(.truncated, offset: offset) }
      if bytes[offset] == 0xff {
        offset += 1
        return
      }
      let chunk = try self.head()
      guard chunk.major == head.major, !chunk.isIndefinite else { throw CBORError(.malformed("bad chunk"), offset: chunk.start) }
      try take(chunk.argument)
    }
  }

  private mutating func container(_ head: Head, depth: Int) throws(CBORError) {
    guard depth <= mode.maximumDepth else { throw CBORError(.tooDeep(limit: mode.maximumDepth), offset: head.start) }
    let isMap = head.major == 5
    if head.isIndefinite {
      guard mode.allowsIndefiniteLength else { throw CBORError(.indefiniteLength, offset: head.start) }
      var count = 0
      while true {
        guard offset < bytes.count else { throw CBORError(.truncated, offset: offset) }
        if bytes[offset] == 0xff {
          offset += 1
          return
        }
        count += 1
        guard count <= mode.maximumElements else { throw tooMany(head) }
        try item(depth: depth)
        if isMap { try item(depth: depth) }
      }
    }
    guard head.argument <= UInt64(mode.maximumElements) else { throw tooMany(head) }
    var left = Int(head.argument)
    if isMap, mode.isStrict { return try strictMap(left, depth: depth) }
    while left > 0 {
      left -= 1
      try item(depth: depth)
      if isMap { try item(depth: depth) }
    }
  }

  private func tooMany(_ head: Head) -> CBORError { CBORError(.tooManyElements(limit: mode.maximumElements), offset: head.start) }

  private mutating func take(_ count: UInt64) throws(CBORError) {
    guard count <= UInt64(bytes.count - offset) else { throw CBORError(.truncated, offset: offset) }
    offset += Int(count)
  }

  // MARK: The Rust codec's rules

  private mutating func strictMap(_ pairs: Int, depth: Int) throws(CBORError) {
    var previous: Range<Int>?
    for _ in 0..<pairs {
      let start = offset
      try item(depth: depth)
      let key = start..<offset
      if let previous {
        guard bytes[previous].lexicographicallyPrecedes(bytes[key]) else { throw CBORError(.nonCanonical, offset: start) }
      }
      previous = key
      try item(depth: depth)
    }
  }

  private func checkStrict(_ head: Head) throws(CBORError) {
    if head.isIndefinite { throw CBORError(.indefiniteLength, offset: head.start) }
    if head.major == 7 {
      guard (20...23).contains(head.info) else { throw CBORError(.malformed("simple value or float"), offset: head.start) }
      return
    }
    let minimal =
      switch head.info {
      case 24: head.argument >= 24
      case 25: head.argument > 0xff
      case 26: head.argument > 0xffff
      case 27: head.argument > 0xffff_ffff
      default: true
      }
    guard minimal else { throw CBORError(.nonCanonical, offset: head.start) }
    if head.major == 3 {
      guard head.argument <= UInt64(bytes.count - offset) else { throw CBORError(.truncated, offset: offset) }
      let text = bytes[offset..<offset + Int(head.argument)]
      guard String(validating: text, as: UTF8.self) != nil else { throw CBORError(.invalidUTF8, offset: offset) }
    }
  }
}
