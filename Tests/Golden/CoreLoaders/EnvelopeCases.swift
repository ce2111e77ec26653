internal import Bytes
internal import CBOR
internal import GoldenSupport
internal import JSONText
internal import OasisCrypto
internal import OasisTypes
internal import Wire

/// Signed envelopes around entity descriptors.
enum EnvelopeCases {
  /// The fields of an entity descriptor, without its rules.
  private struct Descriptor: WireMap {
    var v: UInt16 = 0
    var id = PublicKey()
    var nodes: [PublicKey]?
    static let fields: [Field<Self>] = [.init("v", \.v), .init("id", \.id), .init("nodes", \.nodes, .omitEmpty)]
  }

  static func check(_ item: Case) throws {
    // The versioned decoding of null belongs to the descriptor's own decoder.
    if item.name == "signed/null_blob" { return }
    let envelope = try item.bytes("envelope")
    let opened: Result<Descriptor, any Error>
    if item.kind == "signed-entity" {
      let signed = try SignedEnvelope.decode(cbor: envelope)
      opened = Result { try signed.open(context: .registerEntity, blacklist: .reserved) }
    } else {
      let signed = try MultiSigned.decode(cbor: envelope)
      opened = Result { try signed.open(context: .registerEntity, blacklist: .reserved) }
      var keys: [PublicKey] = []
      for key in try item.byteList("keys") { if let key = PublicKey(key) { keys.append(key) } }
      let signedBy = item.value["signed_by"]?.array?.compactMap(\.bool) ?? []
      try expectEqual(keys.map { signed.isSigned(by: $0) }, signedBy, "signed by")
      try expectEqual(signed.isSignedOnly(by: keys), try item.bool("only_signed_by_keys"), "only signed by")
    }
    switch (opened, try item.bool("ok")) {
    case (.success(let descriptor), true): try expectEqual(descriptor.cbor(), try item.bytes("entity"), "entity")
    case (.failure, false): break
    case (.success, false): throw GoldenError("opened what the reference refuses")
    case (.failure(let error), true): throw GoldenError("refused what the reference opens: \(error)")
    }
  }
}
