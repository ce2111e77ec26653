internal import CBOR
public import JSONText
public import Wire

/// Kind of trusted hardware (sheet 04 §16.3). Values above 1 are unknown and refused by verification.
public struct TEEHardware: WireNumber {
  public var rawValue: UInt8 = 0
  public init() {}
  public static let none = TEEHardware(rawValue: 0)
  public static let intelSGX = TEEHardware(rawValue: 1)
}

extension Registry {
  /// Kind of a runtime.
  public struct RuntimeKind: WireNumber {
    public var rawValue: UInt32 = 0
    public init() {}
    public static let invalid = RuntimeKind(rawValue: 0)
    public static let compute = RuntimeKind(rawValue: 1)
    public static let keyManager = RuntimeKind(rawValue: 2)
  }

  /// Who may update a runtime's descriptor. JSON uses words.
  public struct GovernanceModel: WireEnum {
    public var rawValue: UInt8 = 0
    public init() {}
    public static let invalid = GovernanceModel(rawValue: 0)
    public static let entity = GovernanceModel(rawValue: 1)
    public static let runtime = GovernanceModel(rawValue: 2)
    public static let consensus = GovernanceModel(rawValue: 3)

    public static let words: [(UInt8, String)] = [(1, "entity"), (2, "runtime"), (3, "consensus")]

    /// The invalid model is written, though it cannot be read.
    public func encode(to writer: inout JSONWriter) {
      if let word = word ?? (rawValue == 0 ? "invalid" : nil) {
        writer.write(string: word)
      } else {
        writer.fail("governance model \(rawValue) has no word")
      }
    }
  }
}
