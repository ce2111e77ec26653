public import Bytes
internal import CBOR
public import Wire

// The one way to name and reach keyed state. A service lists its state once:
//
//   enum StakingState {
//     static let accounts = StateMap<Account, Address>(0x50)           // several keys, CBOR values
//     static let totalSupply = StateMap<Quantity>(0x51)                // one key
//     static let nodeByConsensusAddress = RawStateMap<PublicKey, TrailingBytes>(0x14)  // raw fixed bytes as value
//     static let commissionAddresses = StateSet<Address>(0x5b)         // keys only
//   }
//   let account = try StakingState.accounts.get(context.state, address)
//   for (delegator, delegation) in try StakingState.delegations.entries(context.state, under: escrow).map { ($0.key.1, $0.value) } { … }

/// Keyed state with CBOR values.
public struct StateMap<Value: WireValue, each Element: StateKeyElement>: Sendable {
  public let format: StateKeyFormat<repeat each Element>

  public init(_ prefix: UInt8) { format = .init(prefix) }

  /// The value; nil where there is none. One that does not decode is a ``StateError``.
  public func get(_ state: some StateReader, _ elements: repeat each Element) throws -> Value? {
    let key = format.key(repeat each elements)
    return try state.get(key).map { try Self.decode($0, key) }
  }

  /// Sets the value in this layer.
  public func set(_ state: StateTree, _ elements: repeat each Element, to value: Value) {
    state.set(format.key(repeat each elements), to: value.cbor())
  }

  /// Removes the entry in this layer; an absent one is no error.
  public func remove(_ state: StateTree, _ elements: repeat each Element) { state.remove(format.key(repeat each elements)) }

  /// All entries whose keys start with the elements `leading`, in key order.
  public func entries<each Leading: StateKeyElement>(
    _ state: some StateReader, under leading: repeat each Leading
  ) throws -> [(key: (repeat each Element), value: Value)] {
    var found: [(key: (repeat each Element), value: Value)] = []
    try state.scan(prefix: format.start(repeat each leading)) { key, value in
      found.append((key: try format.elements(of: key), value: try Self.decode(value, key)))
      return true
    }
    return found
  }

  private static func decode(_ bytes: [UInt8], _ key: [UInt8]) throws -> Value {
    do { return try Value.decode(cbor: bytes, mode: .trusted) } catch {
      throw StateError("value of key \(key.hex) is damaged: \(error)")
    }
  }
}

/// Keyed state whose values are fixed bytes as they are.
public struct RawStateMap<Value: FixedByteValue, each Element: StateKeyElement>: Sendable {
  public let format: StateKeyFormat<repeat each Element>

  public init(_ prefix: UInt8) { format = .init(prefix) }

  /// The value; nil where there is none. One that does not decode is a ``StateError``.
  public func get(_ state: some StateReader, _ elements: repeat each Element) throws -> Value? {
    let key = format.key(repeat each elements)
    return try state.get(key).map { try Self.decode($0, key) }
  }

  /// Sets the value in this layer.
  public func set(_ state: StateTree, _ elements: repeat each Element, to value: Value) {
    state.set(format.key(repeat each elements), to: value.bytes)
  }

  /// Removes the entry in this layer; an absent one is no error.
  public func remove(_ state: StateTree, _ elements: repeat each Element) { state.remove(format.key(repeat each elements)) }

  /// All entries whose keys start with the elements `leading`, in key order.
  public func entries<each Leading: StateKeyElement>(
    _ state: some StateReader, under leading: repeat each Leading
  ) throws -> [(key: (repeat each Element), value: Value)] {
    var found: [(key: (repeat each Element), value: Value)] = []
    try state.scan(prefix: format.start(repeat each leading)) { key, value in
      found.append((key: try format.elements(of: key), value: try Self.decode(value, key)))
      return true
    }
    return found
  }

  private static func decode(_ bytes: [UInt8], _ key: [UInt8]) throws -> Value {
    guard let value = Value(bytes) else { throw StateError("value of key \(key.hex) has \(bytes.count) bytes, not \(Value.byteCount)") }
    return value
  }
}

/// Keyed state that holds nothing but its keys (stored with empty values).
public struct StateSet<each Element: StateKeyElement>: Sendable {
  public let format: StateKeyFormat<repeat each Element>

  public init(_ prefix: UInt8) { format = .init(prefix) }

  /// Whether the key is there.
  public func contains(_ state: some StateReader, _ elements: repeat each Element) throws -> Bool {
    try state.get(format.key(repeat each elements)) != nil
  }

  /// Puts the key in, with an empty value.
  public func insert(_ state: StateTree, _ elements: repeat each Element) { state.set(format.key(repeat each elements), to: []) }

  /// Removes the entry in this layer; an absent one is no error.
  public func remove(_ state: StateTree, _ elements: repeat each Element) { state.remove(format.key(repeat each elements)) }

  /// The elements of all keys that start with `leading`, in key order.
  public func keys<each Leading: StateKeyElement>(
    _ state: some StateReader, under leading: repeat each Leading
  ) throws -> [(repeat each Element)] {
    var found: [(repeat each Element)] = []
    try state.scan(prefix: format.start(repeat each leading)) { key, _ in
      found.append(try format.elements(of: key))
      return true
    }
    return found
  }
}

extension StateReader {
  /// Calls `body` for every key that starts with `prefix`, ascending, until it returns false.
  public func scan(prefix: [UInt8], _ body: (_ key: [UInt8], _ value: [UInt8]) throws -> Bool) throws {
    try scan(from: prefix) { key, value in
      guard key.starts(with: prefix) else { return false }
      return try body(key, value)
    }
  }
}
