public import OasisTypes
internal import Protobuf
public import RuntimeProtocol

/// What a guest reads of a light block: the header's place, time and roots.
public struct LightBlockHeader: Hashable, Sendable {
  public var chainID = ""
  public var height: Int64 = 0
  /// UNIX seconds.
  public var time: Int64 = 0
  /// The state after the block before.
  public var appHash: [UInt8] = []

  /// Reads the protobuf `tendermint.types.LightBlock` of a light block; nothing is verified.
  public init(_ block: LightBlock) throws(CallError) {
    do throws(ProtobufError) {
      var reader = ProtobufReader(block.meta ?? [])
      try reader.message(1) { (reader) throws(ProtobufError) in  // signed header
        try reader.message(1) { (reader) throws(ProtobufError) in try self.read(&reader) }
      }
    } catch { throw Self.malformed("\(error)") }
    guard height > 0, appHash.count == 32 || appHash.isEmpty else { throw Self.malformed("no header") }
  }

  static func malformed(_ reason: String) -> CallError {
    CallError(module: "verifier", code: 2, message: "consensus verifier: verification failed: malformed light block: \(reason)")
  }

  private mutating func read(_ reader: inout ProtobufReader) throws(ProtobufError) {
    while !reader.isAtEnd {
      let (number, type) = try reader.tag()
      switch (number, type) {
      case (2, 2): chainID = String(decoding: try reader.byteString(), as: UTF8.self)
      case (3, 0): height = Int64(bitPattern: try reader.varint())
      case (4, 2):
        var seconds: Int64 = 0
        try reader.delimited { (reader) throws(ProtobufError) in
          while !reader.isAtEnd {
            let (number, type) = try reader.tag()
            if number == 1, type == 0 { seconds = Int64(bitPattern: try reader.varint()) } else { try reader.skip(type) }
          }
        }
        time = seconds
      case (11, 2): appHash = try reader.byteString()
      default: try reader.skip(type)
      }
    }
  }
}

extension ProtobufReader {
  /// Reads the fields of a message and gives the embedded ones with a number to `body`.
  fileprivate mutating func message(
    _ wanted: Int, _ body: (inout ProtobufReader) throws(ProtobufError) -> Void
  ) throws(ProtobufError) {
    while !isAtEnd {
      let (number, type) = try tag()
      if number == wanted, type == 2 { try delimited(body) } else { try skip(type) }
    }
  }
}
