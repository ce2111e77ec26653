extension Registry {
  /// A broken rule of the registry; codes are those of module `registry` (sheet 04 §0.2).
  public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The rule that is broken.
    public enum Code: UInt32, Sendable {
      /// No code of its own: module `unknown`, code 1.
      case uncoded = 0
      case invalidArgument = 1
      case invalidSignature = 2
      case badEntityForNode = 3
      case badEntityForRuntime = 4
      case noEnclaveForRuntime = 5
      case badEnclaveIdentity = 6
      case badTEEHardware = 7
      case teeHardwareMismatch = 8
      case noSuchEntity = 9
      case noSuchNode = 10
      case noSuchRuntime = 11
      case incorrectTxSigner = 12
      case nodeExpired = 13
      case nodeCannotBeUnfrozen = 14
      case entityHasNodes = 15
      case forbidden = 16
      case nodeUpdateNotAllowed = 17
      case runtimeUpdateNotAllowed = 18
      case entityHasRuntimes = 19

      /// The reference's text.
      var text: String {
        switch self {
        case .uncoded: "registry"
        case .invalidArgument: "registry: invalid argument"
        case .invalidSignature: "registry: invalid signature"
        case .badEntityForNode: "registry: bad entity for node"
        case .badEntityForRuntime: "registry: bad entity for runtime"
        case .noEnclaveForRuntime: "registry: no enclave for TEE runtime registration"
        case .badEnclaveIdentity: "registry: bad enclave ID"
        case .badTEEHardware: "registry: bad capabilities.TEE.hardware"
        case .teeHardwareMismatch: "registry: runtime capabilities.TEE.hardware mismatch"
        case .noSuchEntity: "registry: no such entity"
        case .noSuchNode: "registry: no such node"
        case .noSuchRuntime: "registry: no such runtime"
        case .incorrectTxSigner: "registry: incorrect tx signer"
        case .nodeExpired: "registry: node expired"
        case .nodeCannotBeUnfrozen: "registry: node cannot be unfrozen"
        case .entityHasNodes: "registry: entity still has nodes"
        case .forbidden: "registry: forbidden by policy"
        case .nodeUpdateNotAllowed: "registry: node update not allowed"
        case .runtimeUpdateNotAllowed: "registry: runtime update not allowed"
        case .entityHasRuntimes: "registry: entity still has runtimes"
        }
      }
    }

    public var code: Code
    /// What exactly is wrong; may be empty.
    public var detail: String

    public init(_ code: Code, _ detail: String = "") {
      self.code = code
      self.detail = detail
    }

    /// The module that goes with the code; `unknown` for uncoded ones.
    public var module: String { code == .uncoded ? "unknown" : Registry.moduleName }
    /// The number under which the error is reported.
    public var number: UInt32 { code == .uncoded ? 1 : code.rawValue }
    public var description: String { detail.isEmpty ? code.text : "\(code.text): \(detail)" }
  }
}
