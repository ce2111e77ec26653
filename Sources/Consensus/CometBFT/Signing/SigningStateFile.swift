internal import Bytes
internal import FileSystem
internal import Glibc
internal import JSONText

/// The file of a signing state, a format that the network's nodes share. Rule: engine sheet A15.3, consensus sheet 19.1.
struct SigningStateFile {
  let path: String
  let publicKey: [UInt8]
  private static let limit = 1 << 16

  init(path: String, publicKey: [UInt8]) { (self.path, self.publicKey) = (path, publicKey) }

  /// What to do about a state that cannot be used.
  private static let remedy =
    "restore the latest copy of it; only if no node anywhere signs with this key, move it away, and the node waits before it signs again"

  private func refuse(_ reason: String) -> SigningError { .state("\(path): \(reason): \(Self.remedy)") }

  /// The stored state; nil when there is none. What a crash left of the writing of a newer state goes: nothing of it was given out.
  func load() throws(SigningError) -> SigningState? {
    guard Files.exists(path) else {
      if let state = try? decode(Files.read(temporary, limit: Self.limit)), state != SigningState() {
        throw .state("\(path) is missing, but \(temporary) holds a state at height \(state.height): rename it to \(path)")
      }
      try removeTemporary()
      return nil
    }
    let bytes: [UInt8]
    do { bytes = try Files.read(path, limit: Self.limit) } catch { throw refuse("\(error)") }
    guard !bytes.isEmpty else { throw refuse("is empty") }
    let state = try decode(bytes)
    try removeTemporary()
    return state
  }

  /// Where a newer state is prepared. A name of its own, so that what a crash left is found.
  private var temporary: String { "\(path).tmp" }

  private func removeTemporary() throws(SigningError) {
    guard Files.exists(temporary), unlink(temporary) != 0 else { return }
    throw .state("\(temporary): cannot be removed (\(FileError.text(errno))), so that no state could be written: remove it")
  }

  func save(_ state: SigningState) throws(SigningError) {
    do throws(FileError) {
      try Files.write(Self.encode(state, publicKey: publicKey), to: path, temporary: temporary)
    } catch { throw .state(error.description) }
  }

  // MARK: Content

  static func encode(_ state: SigningState, publicKey: [UInt8]) -> [UInt8] {
    var members: [JSONMember] = [
      JSONMember(key: "height", value: .integer(state.height)), JSONMember(key: "round", value: .integer(state.round)),
      JSONMember(key: "step", value: .integer(state.step)),
    ]
    if !state.signature.isEmpty { members.append(JSONMember(key: "signature", value: .string(state.signature.base64))) }
    if !state.signBytes.isEmpty { members.append(JSONMember(key: "signbytes", value: .string(state.signBytes.hex.uppercased()))) }
    members.append(JSONMember(key: "public_key", value: .string(publicKey.base64)))
    return Array(JSONValue.object(members).text().utf8)
  }

  func decode(_ bytes: [UInt8]) throws(SigningError) -> SigningState {
    let value: JSONValue
    do { value = try JSONValue(parsing: bytes, limits: .init(size: Self.limit)) } catch { throw refuse("is damaged: \(error)") }
    guard case .object = value else { throw refuse("is damaged: not a JSON object") }
    func integer<T: FixedWidthInteger>(_ key: String) throws(SigningError) -> T {
      guard let member = value[key], !member.isNull else { return 0 }
      guard let number: T = member.integer(), number >= 0 else { throw refuse("is damaged: \(key) is not a number in range") }
      return number
    }
    func text(_ key: String) throws(SigningError) -> String? {
      guard let member = value[key], !member.isNull else { return nil }
      guard let text = member.string else { throw refuse("is damaged: \(key) is not a text") }
      return text
    }
    var state = SigningState()
    (state.height, state.round, state.step) = (try integer("height"), try integer("round"), try integer("step"))
    if let text = try text("signature") {
      guard let signature = [UInt8](base64: text) else { throw refuse("is damaged: signature is not base64") }
      state.signature = signature
    }
    if let text = try text("signbytes") {
      guard let signBytes = [UInt8](hex: text) else { throw refuse("is damaged: signbytes is not hexadecimal") }
      state.signBytes = signBytes
    }
    let key = try text("public_key") ?? ""
    guard [UInt8](base64: key) == publicKey else {
      throw .state(
        "cometbft/crypto: public key mismatch, state corruption? \(path) belongs to key '\(key)', ours is \(publicKey.base64): "
          + "put back this node's own file; if it never had one, move the other node's away")
    }
    return state
  }
}
