public import OasisTypes

/// The errors of a node database: module `storage/mkvs/db` with the reference's codes and texts (sheet 02 §3.1). Errors that the
/// reference leaves uncoded are uncoded here.
public enum DatabaseError {
  public static let module = "storage/mkvs/db"

  public static let nodeNotFound = CodedError(module, 1, "mkvs: node not found in node db")
  public static let writeLogNotFound = CodedError(module, 2, "mkvs: write log not found in node db")
  public static let notFinalized = CodedError(module, 3, "mkvs: version is not yet finalized")
  public static let alreadyFinalized = CodedError(module, 4, "mkvs: version has already been finalized")
  public static let versionNotFound = CodedError(module, 5, "mkvs: version not found")
  public static let rootNotFound = CodedError(module, 8, "mkvs: root not found")
  public static let rootMustFollowOld = CodedError(module, 9, "mkvs: root must follow old root")
  public static let badNamespace = CodedError(module, 10, "mkvs: bad namespace")
  public static let notEarliest = CodedError(module, 11, "mkvs: version is not the earliest version")
  public static let readOnly = CodedError(module, 12, "mkvs: read-only database")
  public static let multipartInProgress = CodedError(module, 13, "mkvs: multipart already in progress")
  public static let invalidMultipartVersion = CodedError(
    module, 14, "mkvs: operation called with different version than current multipart version")
  public static let cannotPruneLatestVersion = CodedError(module, 16, "mkvs: cannot prune latest version")

  static func plain(_ text: String) -> CodedError { .uncoded("mkvs/database: \(text)") }
}

/// The errors of a storage backend: module `storage` (sheet 02 §5.1).
public enum StorageError {
  public static let cantProve = CodedError("storage", 1, "storage: unable to provide proof for root")
  public static let noRoots = CodedError("storage", 2, "storage: no roots to generate receipt for")
  public static let expectedRootMismatch = CodedError("storage", 3, "storage: expected root mismatch")
  public static let unsupported = CodedError("storage", 4, "storage: method not supported by backend")
  public static let limitReached = CodedError("storage", 5, "storage: limit reached")
}
