internal import CBOR
internal import ConsensusApp
public import GRPC
public import OasisTypes
internal import Wire

/// Errors on the wire: status Unknown, the text as message, and module and code as the one detail. Rule: sheet 09 §5.2.
public enum APIErrors {
  /// The detail of a status.
  struct Detail: WireMap, Sendable {
    var module = ""
    var code: UInt32 = 0
    init() {}
    init(module: String, code: UInt32) { (self.module, self.code) = (module, code) }
    static let fields: [Field<Self>] = [.init("module", \.module, .omitEmpty), .init("code", \.code, .omitEmpty)]
  }

  /// The status of any error of a service.
  public static func status(_ error: any Error) -> GRPCStatus {
    if let status = error as? GRPCStatus { return status }
    if error is CancellationError { return GRPCStatus(.cancelled, "context canceled") }
    return status(.unknown, coded(error))
  }

  /// A status with a code of gRPC's other than Unknown.
  public static func status(_ code: GRPCCode, _ error: CodedError) -> GRPCStatus {
    guard error.module != CodedError.unknownModule else { return GRPCStatus(code, error.text) }
    return GRPCStatus(code, error.text, detail: Detail(module: error.module, code: error.code).cbor())
  }

  /// Module, code and text of any error.
  static func coded(_ error: any Error) -> CodedError {
    switch error {
    case let error as CodedError: error
    case let failure as RootHash.Failure: CodedError(failure)
    case let failure as Registry.Failure: CodedError(failure)
    case let stop as StopForUpgrade: CodedError("upgrade", 1, "\(stop)")
    default: .uncoded("\(error)")
    }
  }

  /// The error that a status stands for; nil where it has no module.
  public static func coded(_ status: GRPCStatus) -> CodedError? {
    guard let detail = status.detail, let parts = try? Detail.decode(cbor: detail, mode: .rpc), !parts.module.isEmpty else { return nil }
    return CodedError(parts.module, parts.code, status.message)
  }
}
