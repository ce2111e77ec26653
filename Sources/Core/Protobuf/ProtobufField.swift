/// One field of a message: its number, its name in the schema, and where its value lives.
public struct ProtobufField<Root>: Sendable {
  /// Where a message keeps the value of a field.
  public typealias Path<Value> = any WritableKeyPath<Root, Value> & Sendable
  typealias Encode = @Sendable (Root, inout ProtobufWriter) -> Void
  typealias Decode = @Sendable (inout Root, inout ProtobufReader, UInt8) throws(ProtobufError) -> Void

  public let number: Int
  public let name: String
  let encode: Encode
  let decode: Decode
  let value: @Sendable (Root) -> ProtobufValue?

  /// A scalar; left out when zero or empty.
  public init<Value: ProtobufScalar>(_ number: Int, _ name: String, _ path: Path<Value>) {
    (self.number, self.name) = (number, name)
    encode = { root, writer in
      let value = root[keyPath: path]
      guard !value.isProtobufDefault else { return }
      writer.tag(number, Value.wireType)
      value.write(to: &writer)
    }
    decode = { (root, reader, type) throws(ProtobufError) in
      try reader.require(Value.wireType, type)
      root[keyPath: path] = try Value(from: &reader)
    }
    value = { $0[keyPath: path].protobufValue }
  }

  /// A message that is always written.
  public init<Value: ProtobufMessage>(_ number: Int, _ name: String, _ path: Path<Value>) {
    (self.number, self.name) = (number, name)
    encode = { root, writer in
      writer.tag(number, .bytes)
      writer.delimited { root[keyPath: path].encode(to: &$0) }
    }
    decode = { (root, reader, type) throws(ProtobufError) in
      try reader.require(.bytes, type)
      try reader.delimited { (inner) throws(ProtobufError) in try root[keyPath: path].merge(from: &inner) }
    }
    value = { $0[keyPath: path].protobufValue }
  }

  /// A message that is written when present.
  public init<Value: ProtobufMessage>(_ number: Int, _ name: String, _ path: Path<Value?>) {
    (self.number, self.name) = (number, name)
    encode = { root, writer in
      guard let value = root[keyPath: path] else { return }
      writer.tag(number, .bytes)
      writer.delimited { value.encode(to: &$0) }
    }
    decode = { (root, reader, type) throws(ProtobufError) in
      try reader.require(.bytes, type)
      var value = root[keyPath: path] ?? Value()
      try reader.delimited { (inner) throws(ProtobufError) in try value.merge(from: &inner) }
      root[keyPath: path] = value
    }
    value = { $0[keyPath: path]?.protobufValue ?? .null }
  }

  /// A list of messages; every element is written.
  public init<Value: ProtobufMessage>(_ number: Int, _ name: String, _ path: Path<[Value]>) {
    (self.number, self.name) = (number, name)
    encode = { root, writer in
      for element in root[keyPath: path] {
        writer.tag(number, .bytes)
        writer.delimited { element.encode(to: &$0) }
      }
    }
    decode = { (root, reader, type) throws(ProtobufError) in
      try reader.require(.bytes, type)
      var element = Value()
      try reader.delimited { (inner) throws(ProtobufError) in try element.merge(from: &inner) }
      root[keyPath: path].append(element)
    }
    value = { .list($0[keyPath: path].map(\.protobufValue)) }
  }

  /// A list of byte strings or texts; every element is written.
  public init<Value: ProtobufScalar>(_ number: Int, _ name: String, _ path: Path<[Value]>) {
    (self.number, self.name) = (number, name)
    encode = { root, writer in
      for element in root[keyPath: path] {
        writer.tag(number, Value.wireType)
        element.write(to: &writer)
      }
    }
    decode = { (root, reader, type) throws(ProtobufError) in
      try reader.require(Value.wireType, type)
      root[keyPath: path].append(try Value(from: &reader))
    }
    value = { .list($0[keyPath: path].map(\.protobufValue)) }
  }

  init(number: Int, name: String, encode: @escaping Encode, decode: @escaping Decode, value: @escaping @Sendable (Root) -> ProtobufValue?) {
    (self.number, self.name, self.encode, self.decode, self.value) = (number, name, encode, decode, value)
  }
}

extension ProtobufField {
  /// A list of numbers in one byte string; single numbers are accepted too.
  public static func packed<Value: ProtobufScalar>(_ number: Int, _ name: String, _ path: Path<[Value]>) -> Self {
    .init(number: number, name: name) { root, writer in
      let list = root[keyPath: path]
      guard !list.isEmpty else { return }
      writer.tag(number, .bytes)
      writer.delimited { for element in list { element.write(to: &$0) } }
    } decode: { (root, reader, type) throws(ProtobufError) in
      if type == Value.wireType.rawValue {
        root[keyPath: path].append(try Value(from: &reader))
        return
      }
      try reader.require(.bytes, type)
      try reader.delimited { (inner) throws(ProtobufError) in
        while !inner.isAtEnd { root[keyPath: path].append(try Value(from: &inner)) }
      }
    } value: {
      .list($0[keyPath: path].map(\.protobufValue))
    }
  }

  /// A signed number in eight bytes (`sfixed64`); left out when zero.
  public static func fixed64(_ number: Int, _ name: String, _ path: Path<Int64>) -> Self {
    .init(number: number, name: name) { root, writer in
      let value = root[keyPath: path]
      guard value != 0 else { return }
      writer.tag(number, .fixed64)
      writer.fixed64(UInt64(bitPattern: value))
    } decode: { (root, reader, type) throws(ProtobufError) in
      try reader.require(.fixed64, type)
      root[keyPath: path] = Int64(bitPattern: try reader.fixed64())
    } value: {
      $0[keyPath: path].protobufValue
    }
  }

  /// A message as one member of a oneof held in the enumeration at `path`; written whenever it is the member set.
  public static func member<Sum, Value: ProtobufMessage>(
    _ number: Int, _ name: String, of path: Path<Sum?>, _ wrap: @escaping @Sendable (Value) -> Sum,
    _ unwrap: @escaping @Sendable (Sum) -> Value?
  ) -> Self {
    .init(number: number, name: name) { root, writer in
      guard let sum = root[keyPath: path], let value = unwrap(sum) else { return }
      writer.tag(number, .bytes)
      writer.delimited { value.encode(to: &$0) }
    } decode: { (root, reader, type) throws(ProtobufError) in
      try reader.require(.bytes, type)
      var value = Value()
      try reader.delimited { (inner) throws(ProtobufError) in try value.merge(from: &inner) }
      root[keyPath: path] = wrap(value)
    } value: {
      $0[keyPath: path].flatMap(unwrap)?.protobufValue
    }
  }

  /// A scalar as one member of a oneof; written whenever it is the member set, also when empty.
  public static func scalarMember<Sum, Value: ProtobufScalar>(
    _ number: Int, _ name: String, of path: Path<Sum?>, _ wrap: @escaping @Sendable (Value) -> Sum,
    _ unwrap: @escaping @Sendable (Sum) -> Value?
  ) -> Self {
    .init(number: number, name: name) { root, writer in
      guard let sum = root[keyPath: path], let value = unwrap(sum) else { return }
      writer.tag(number, Value.wireType)
      value.write(to: &writer)
    } decode: { (root, reader, type) throws(ProtobufError) in
      try reader.require(Value.wireType, type)
      root[keyPath: path] = wrap(try Value(from: &reader))
    } value: {
      $0[keyPath: path].flatMap(unwrap)?.protobufValue
    }
  }
}

extension ProtobufReader {
  func require(_ expected: ProtobufWireType, _ found: UInt8) throws(ProtobufError) {
    guard found == expected.rawValue else { throw error(.wireType(found)) }
  }
}
