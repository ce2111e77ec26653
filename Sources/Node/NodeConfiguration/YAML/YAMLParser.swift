internal import CYAML

/// Reads the first document of a YAML text, event by event, so that every value knows its line. Nil for an empty or comment-only text.
struct YAMLParser: ~Copyable {
  /// More nesting, values or bytes than any configuration has.
  private static let depthLimit = 64, nodeLimit = 200_000, sizeLimit = 4 << 20

  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let input: UnsafeMutableBufferPointer<UInt8>
  private var anchors: [String: YAMLNode] = [:]
  private var count = 0

  static func parse(_ text: String) throws(YAMLError) -> YAMLNode? {
    guard text.utf8.count <= sizeLimit else { throw YAMLError(line: 1, reason: "the file is larger than \(sizeLimit) bytes") }
    var parser = try YAMLParser(Array(text.utf8))
    return try parser.document()
  }

  private init(_ bytes: [UInt8]) throws(YAMLError) {
    parser = .allocate(capacity: 1)
    input = .allocate(capacity: max(bytes.count, 1))
    _ = input.update(fromContentsOf: bytes)
    guard yaml_parser_initialize(parser) == 1 else {
      parser.deallocate()
      input.deallocate()
      throw YAMLError(line: 1, reason: "out of memory")
    }
    yaml_parser_set_input_string(parser, input.baseAddress, bytes.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
    input.deallocate()
  }

  private enum Event {
    case alias(String)
    case scalar(String, plain: Bool, anchor: String?)
    case sequence(anchor: String?)
    case mapping(anchor: String?)
    case end
    case document
    case streamEnd
    case other
  }

  private mutating func next() throws(YAMLError) -> (event: Event, line: Int) {
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) == 1 else {
      let reason = parser.pointee.problem.map { String(cString: $0) } ?? "malformed"
      throw YAMLError(line: Int(clamping: parser.pointee.problem_mark.line) + 1, reason: reason)
    }
    defer { yaml_event_delete(&event) }
    let line = Int(clamping: event.start_mark.line) + 1
    func text(_ pointer: UnsafeMutablePointer<UInt8>?) -> String? { pointer.map { String(cString: $0) } }
    switch event.type {
    case YAML_STREAM_END_EVENT: return (.streamEnd, line)
    case YAML_DOCUMENT_START_EVENT: return (.document, line)
    case YAML_ALIAS_EVENT: return (.alias(text(event.data.alias.anchor) ?? ""), line)
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      let value = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
      let isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE && text(scalar.tag) != "tag:yaml.org,2002:str"
      return (.scalar(value, plain: isPlain, anchor: text(scalar.anchor)), line)
    case YAML_SEQUENCE_START_EVENT: return (.sequence(anchor: text(event.data.sequence_start.anchor)), line)
    case YAML_MAPPING_START_EVENT: return (.mapping(anchor: text(event.data.mapping_start.anchor)), line)
    case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT, YAML_DOCUMENT_END_EVENT: return (.end, line)
    default: return (.other, line)
    }
  }

  private mutating func document() throws(YAMLError) -> YAMLNode? {
    while true {
      switch try next().event {
      case .document: return try node(try next(), depth: 0)
      case .streamEnd: return nil
      default: continue
      }
    }
  }

  private mutating func node(_ start: (event: Event, line: Int), depth: Int) throws(YAMLError) -> YAMLNode? {
    count += 1
    guard depth < Self.depthLimit else { throw YAMLError(line: start.line, reason: "nested deeper than \(Self.depthLimit) levels") }
    guard count < Self.nodeLimit else { throw YAMLError(line: start.line, reason: "more than \(Self.nodeLimit) values") }
    switch start.event {
    case .alias(let name):
      guard let known = anchors[name] else { throw YAMLError(line: start.line, reason: "unknown anchor '\(name)' referenced") }
      count += size(known)  // a copy counts in full, so that aliases of aliases stay bounded
      return known
    case .scalar(let text, let plain, let anchor):
      return remember(YAMLNode(content: .scalar(text, plain: plain), line: start.line), anchor)
    case .sequence(let anchor):
      var items: [YAMLNode] = []
      while let item = try node(try next(), depth: depth + 1) { items.append(item) }
      return remember(YAMLNode(content: .sequence(items), line: start.line), anchor)
    case .mapping(let anchor):
      var pairs: [(key: YAMLNode, value: YAMLNode)] = []
      while let key = try node(try next(), depth: depth + 1) {
        guard let value = try node(try next(), depth: depth + 1) else { break }
        pairs.append((key, value))
      }
      return remember(YAMLNode(content: .mapping(merged(pairs)), line: start.line), anchor)
    default: return nil
    }
  }

  private mutating func remember(_ node: YAMLNode, _ anchor: String?) -> YAMLNode {
    if let anchor { anchors[anchor] = node }
    return node
  }

  /// `<<` takes over the pairs of a mapping, or of several, that are not given beside it.
  private func merged(_ pairs: [(key: YAMLNode, value: YAMLNode)]) -> [(key: YAMLNode, value: YAMLNode)] {
    func isMerge(_ node: YAMLNode) -> Bool {
      if case .scalar("<<", plain: true) = node.content { true } else { false }
    }
    guard pairs.contains(where: { isMerge($0.key) }) else { return pairs }
    var out = pairs.filter { !isMerge($0.key) }
    for pair in pairs where isMerge(pair.key) {
      var sources: [YAMLNode] = []
      switch pair.value.content {
      case .mapping: sources = [pair.value]
      case .sequence(let list): sources = list
      case .scalar: break
      }
      for case .mapping(let more) in sources.map(\.content) {
        for addition in more where !out.contains(where: { same($0.key, addition.key) }) { out.append(addition) }
      }
    }
    return out
  }

  private func same(_ left: YAMLNode, _ right: YAMLNode) -> Bool {
    guard case .scalar(let a, _) = left.content, case .scalar(let b, _) = right.content else { return false }
    return a == b
  }

  private func size(_ node: YAMLNode) -> Int {
    switch node.content {
    case .scalar: 1
    case .sequence(let items): items.reduce(1) { $0 + size($1) }
    case .mapping(let pairs): pairs.reduce(1) { $0 + size($1.key) + size($1.value) }
    }
  }
}
