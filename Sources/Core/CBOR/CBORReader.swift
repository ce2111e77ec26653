public import Bytes

/// What kind of item comes next.
public enum CBORKind: String, Sendable {
  case unsigned = "unsigned integer"
  case negative = "negative integer"
  case byteString = "byte string"
  case text, array, map, tag, bool, null
  /// `undefined` counts as null everywhere.
  case simple = "simple value"
  case float
  case end = "end of input"
}

/// Decodes CBOR items with the leniency of a ``DecodingMode`` (sheet 01 §1.4 and §1.5).
///
/// The first item is looked over as a whole at the start: what is not well formed, too deep or forbidden anywhere in it is refused before
/// anything is decoded. Bytes after it are ignored, except in strict modes. In the lenient modes null reads as the zero value of whatever is wanted.
public struct CBORReader: Sendable {
  public let mode: DecodingMode
  /// Where the next item begins in the input.
  public private(set) var offset: Int
  /// The end of the checked item.
  public let end: Int
  /// Memory that decoded values may still take, in bytes.
  public private(set) var budget: Int
  let input: [UInt8]

  /// Checks the item that begins at `offset`.
  public init(_ bytes: [UInt8], mode: DecodingMode = .untrusted, at offset: Int = 0) throws(CBORError) {
    guard offset >= 0, offset <= bytes.count else { throw CBORError(.truncated, offset: offset) }
    var scan = Scan(bytes: bytes, mode: mode, offset: offset)
    try scan.item()
    if mode.isStrict, scan.offset != bytes.count { throw CBORError(.trailingBytes, offset: scan.offset) }
    (self.input, self.mode, self.offset, self.end) = (bytes, mode, offset, scan.offset)
    // The reference has no such limit; this one only stops what no machine would survive: far above the largest honest amplification.
    budget = max(1 << 29, (scan.offset - offset).multiplied(checked: 64) ?? .max)
  }

  /// Takes `bytes` from the memory budget.
  public mutating func charge(_ bytes: Int) throws(CBORError) {
    guard bytes <= budget else { throw CBORError(.budgetExceeded, offset: offset) }
    budget -= bytes
  }

  // MARK: Looking ahead

  /// The kind of the next item; tags are looked through where they are allowed.
  public var kind: CBORKind {
    var position = offset
    while position < end, input[position] >> 5 == 6 {
      if mode.isStrict { return .tag }
      var scan = Scan(bytes: input, mode: mode, offset: position)
      guard (try? scan.head()) != nil else { return .end }
      position = scan.offset
    }
    guard position < end else { return .end }
    let head = input[position]
    switch head >> 5 {
    case 0: return .unsigned
    case 1: return .negative
    case 2: return .byteString
    case 3: return .text
    case 4: return .array
    case 5: return .map
    default:
      switch head & 0x1f {
      case 20, 21: return .bool
      case 22, 23: return .null
      case 25, 26, 27: return .float
      default: return .simple
      }
    }
  }

  /// Moves past `prefix` if the input continues with it.
  @inline(__always)
  public mutating func consume(_ prefix: UnsafeBufferPointer<UInt8>) -> Bool {
    guard end - offset >= prefix.count else { return false }
    let equal = input.withUnsafeBufferPointer { input in
      for index in 0..<prefix.count where input[offset + index] != prefix[index] { return false }
      return true
    }
    if equal { offset += prefix.count }
    return equal
  }

  /// Moves past null or undefined, if that is what comes next.
  public mutating func readNull() -> Bool {
    guard offset < end else { return false }
    if input[offset] == 0xf6 || input[offset] == 0xf7 {
      offset += 1
      return true
    }
    guard input[offset] >> 5 == 6, kind == .null else { return false }
    _ = try? head()
    return true
  }

  @inline(__always)
  mutating func head() throws(CBORError) -> Scan.Head {
    var head = try oneHead()
    while head.major == 6, mode.allowsTags, !mode.isStrict { head = try oneHead() }
    return head
  }

  @inline(__always)
  private mutating func oneHead() throws(CBORError) -> Scan.Head {
    let start = offset
    guard start < end else { throw CBORError(.truncated, offset: offset) }
    let first = input[start]
    let info = first & 0x1f
    guard info >= 24, info < 28 else {
      offset = start + 1
      return Scan.Head(major: first >> 5, info: info, argument: info < 24 ? UInt64(info) : 0, start: start)
    }
    let width = 1 << Int(info - 24)
    guard end - start > width else { throw CBORError(.truncated, offset: offset) }
    var argument: UInt64 = 0
    for index in start + 1...start + width { argument = argument << 8 | UInt64(input[index]) }
    offset = start + 1 + width
    return Scan.Head(major: first >> 5, info: info, argument: argument, start: start)
  }

  private func mismatch(_ expected: String, at start: Int) -> CBORError {
    var copy = self
    copy.offset = start
    return CBORError(.typeMismatch(expected: expected, found: copy.kind.rawValue), offset: start)
  }

  /// The error for an item of the wrong kind at the reader's place.
  public func mismatch(_ expected: String) -> CBORError { mismatch(expected, at: offset) }
  /// An error at the reader's place.
  public func error(_ reason: CBORError.Reason) -> CBORError { CBORError(reason, offset: offset) }

  // MARK: Scalars

  /// An integer of either sign that fits `T`. Unassigned simple values count as unsigned integers, null as zero.
  public mutating func readInteger<T: FixedWidthInteger>(_ type: T.Type = T.self) throws(CBORError) -> T {
    let start = offset
    let head = try head()
    switch head.major {
    case 0:
      guard let value = T(exactly: head.argument) else { throw CBORError(.outOfRange(type: "\(T.self)"), offset: start) }
      return value
    case 1:
      guard head.argument <= UInt64(Int64.max), let value = T(exactly: ~Int64(head.argument)) else {
        throw CBORError(.outOfRange(type: "\(T.self)"), offset: start)
      }
      return value
    case 2 where mode.allowsTags && !mode.isStrict && input[start] == 0xc2:
      // Gathered in 64 bits, not in T: 256, the base, does not fit every T.
      let bytes = try string(head).drop { $0 == 0 }
      guard bytes.count <= 8, let value = T(exactly: bytes.reduce(0 as UInt64) { $0 << 8 | UInt64($1) }) else {
        throw CBORError(.outOfRange(type: "\(T.self)"), offset: start)
      }
      return value
    case 7 where !mode.isStrict && (head.info < 20 || head.info == 24):
      guard let value = T(exactly: head.argument) else { throw CBORError(.outOfRange(type: "\(T.self)"), offset: start) }
      return value
    case 7 where !mode.isStrict && (head.info == 22 || head.info == 23): return 0
    default: throw mismatch("integer", at: start)
    }
  }

  /// The next item, which must be true or false.
  public mutating func readBool() throws(CBORError) -> Bool {
    let start = offset
    let head = try head()
    guard head.major == 7 else { throw mismatch("bool", at: start) }
    switch head.info {
    case 20: return false
    case 21: return true
    case 22, 23: if !mode.isStrict { return false }
    default: break
    }
    throw mismatch("bool", at: start)
  }

  /// A float of any width, or an integer.
  public mutating func readDouble() throws(CBORError) -> Double {
    let start = offset
    let head = try head()
    switch (head.major, head.info) {
    case (0, _): return Double(head.argument)
    case (1, _):
      guard head.argument <= UInt64(Int64.max) else { throw CBORError(.outOfRange(type: "Double"), offset: start) }
      return Double(~Int64(head.argument))
    case (7, 25): return Half.value(of: UInt16(truncatingIfNeeded: head.argument))
    case (7, 26): return Double(Float(bitPattern: UInt32(truncatingIfNeeded: head.argument)))
    case (7, 27): return Double(bitPattern: head.argument)
    case (7, 0..<20), (7, 24): return Double(head.argument)
    case (7, 22), (7, 23): return 0
    default: throw mismatch("float", at: start)
    }
  }

  /// A text, which must be valid UTF-8.
  public mutating func readText() throws(CBORError) -> String {
    let start = offset
    let head = try head()
    guard head.major == 3 else {
      if !mode.isStrict, head.major == 7, head.info == 22 || head.info == 23 { return "" }
      throw mismatch("text", at: start)
    }
    guard !head.isIndefinite else {
      guard let text = String(validating: try string(head), as: UTF8.self) else { throw CBORError(.invalidUTF8, offset: start) }
      return text
    }
    let range = try take(head.argument)
    try charge(range.count)
    guard let text = String(validating: input[range], as: UTF8.self) else { throw CBORError(.invalidUTF8, offset: start) }
    return text
  }

  // MARK: Bytes

  /// A byte string, or an array of integers 0...255, as bytes. Null is no bytes.
  public mutating func readBytes() throws(CBORError) -> [UInt8] {
    let start = offset
    let head = try head()
    switch head.major {
    case 2: return try string(head)
    case 4 where !mode.isStrict:
      var container = Container(head)
      var bytes: [UInt8] = []
      while try next(&container) { bytes.append(try readInteger(UInt8.self)) }
      return bytes
    case 7 where !mode.isStrict && (head.info == 22 || head.info == 23): return []
    default: throw mismatch("byte string", at: start)
    }
  }

  /// Fixed bytes. A byte string of another length is refused where `exact`, else padded with zeros or cut;
  /// an array of integers is always padded or cut (sheet 01 §1.5 items 8 and 9).
  @inlinable
  public mutating func readFixed<Value: FixedByteValue>(_ type: Value.Type = Value.self, exact: Bool = true) throws(CBORError) -> Value {
    var value = Value()
    try value.withUnsafeMutableBytes { output throws(CBORError) in try readFixed(into: output, exact: exact) { "\(Value.self)" } }
    return value
  }

  /// The same into memory that holds zeros; `name` is the type's, for errors.
  public mutating func readFixed(into output: UnsafeMutableRawBufferPointer, exact: Bool, name: () -> String) throws(CBORError) {
    let start = offset
    let head = try head()
    switch head.major {
    case 2 where !head.isIndefinite:
      let range = try take(head.argument)
      if range.count != output.count, exact || mode.isStrict {
        throw CBORError(.wrongLength(type: name(), expected: output.count, found: range.count), offset: start)
      }
      input.withUnsafeBytes { input in
        let source = UnsafeRawBufferPointer(rebasing: input[range.lowerBound..<range.lowerBound + min(range.count, output.count)])
        output.copyMemory(from: source)
      }
    case 2:
      let bytes = try string(head)
      guard bytes.count == output.count else {
        throw CBORError(.wrongLength(type: name(), expected: output.count, found: bytes.count), offset: start)
      }
      output.copyBytes(from: bytes)
    case 4 where !mode.isStrict:
      var container = Container(head)
      var index = 0
      while try next(&container) {
        if index < output.count { output[index] = try readInteger(UInt8.self) } else { try skip() }
        index += 1
      }
    case 7 where !mode.isStrict && (head.info == 22 || head.info == 23): break
    default: throw mismatch("byte string", at: start)
    }
  }

  /// What ``readBytes()`` reads, without a copy where the input holds the bytes as they are.
  public mutating func withByteString<Result>(_ body: (UnsafeRawBufferPointer) -> Result) throws(CBORError) -> Result {
    let start = offset
    let head = try head()
    guard head.major == 2, !head.isIndefinite else {
      offset = start
      return try readBytes().withUnsafeBytes(body)
    }
    let range = try take(head.argument)
    return input.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }

  private mutating func string(_ head: Scan.Head) throws(CBORError) -> [UInt8] {
    guard head.isIndefinite else {
      let range = try take(head.argument)
      try charge(range.count)
      return [UInt8](input[range])
    }
    var bytes: [UInt8] = []
    while offset < end, input[offset] != 0xff {
      let chunk = try self.head()
      bytes.append(contentsOf: input[try take(chunk.argument)])
    }
    offset = min(offset + 1, end)
    try charge(bytes.count)
    return bytes
  }

  private mutating func take(_ count: UInt64) throws(CBORError) -> Range<Int> {
    guard count <= UInt64(end - offset) else { throw CBORError(.truncated, offset: offset) }
    let range = offset..<offset + Int(count)  // fits: count is at most what is left
    offset = range.upperBound
    return range
  }

  // MARK: Containers

  /// How much of an array or map is still to be read.
  public struct Container: Sendable {
    /// The number of elements or pairs; nil for an indefinite length.
    public let count: Int?
    var left: Int
    init(_ head: Scan.Head) {
      count = head.isIndefinite ? nil : Int(clamping: head.argument)
      left = count ?? -1
    }
  }

  /// Enters an array; read its elements while ``next(_:)`` says so.
  public mutating func beginArray() throws(CBORError) -> Container {
    let start = offset
    let head = try head()
    guard head.major == 4 else { throw mismatch("array", at: start) }
    return Container(head)
  }

  /// Enters a map; read a key and a value while ``next(_:)`` says so.
  public mutating func beginMap() throws(CBORError) -> Container {
    let start = offset
    let head = try head()
    guard head.major == 5 else { throw mismatch("map", at: start) }
    return Container(head)
  }

  /// Whether another element or pair follows; moves past the end of an indefinite container.
  @inline(__always)
  public mutating func next(_ container: inout Container) throws(CBORError) -> Bool {
    if container.left > 0 {
      container.left -= 1
      return true
    }
    guard container.left < 0 else { return false }
    guard offset < end else { throw CBORError(.truncated, offset: offset) }
    guard input[offset] == 0xff else { return true }
    offset += 1
    return false
  }

  /// Moves past one item without looking at it.
  public mutating func skip() throws(CBORError) { _ = try itemRange() }

  /// One item, verbatim.
  public mutating func readItem() throws(CBORError) -> [UInt8] {
    let range = try itemRange()
    try charge(range.count)
    return [UInt8](input[range])
  }

  private mutating func itemRange() throws(CBORError) -> Range<Int> {
    guard offset < end else { throw CBORError(.truncated, offset: offset) }
    var scan = Scan(bytes: input, mode: mode, offset: offset)
    try scan.item()
    defer { offset = scan.offset }
    return offset..<scan.offset
  }
}
