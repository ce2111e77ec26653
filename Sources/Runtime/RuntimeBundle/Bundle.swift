internal import Bytes
public import OasisCrypto
public import OasisTypes

/// An opened and validated bundle (07 A.1). Its archive stays open; files are read on demand.
public struct RuntimeBundle: Sendable {
  /// What it holds.
  public let manifest: Manifest
  /// The hash that names it.
  public let manifestHash: Hash
  /// Size of each file in bytes, by name, the manifest included.
  public var files: [String: Int] { entries.mapValues(\.size) }

  private let archive: ZipArchive
  private let entries: [String: ZipArchive.Entry]

  /// Opens and validates a bundle; where given, the manifest's hash and the runtime must be the expected ones.
  public init(path: String, manifestHash expectedHash: Hash? = nil, runtimeID: Namespace? = nil, limits: BundleLimits = .init()) throws {
    do { archive = try ZipArchive(path: path, limits: limits) } catch { throw BundleError("failed to open bundle: \(error)") }
    entries = try Self.index(archive.entries)
    guard let entry = entries[Manifest.fileName] else { throw BundleError("missing manifest") }
    guard entry.size <= limits.manifest else { throw BundleError("manifest of \(entry.size) bytes exceeds \(limits.manifest)") }
    manifest = try Manifest(json: Self.read(archive, entry))
    manifestHash = manifest.hash
    if let expectedHash, expectedHash != manifestHash {
      throw BundleError("invalid manifest (got: \(manifestHash.hex), expected: \(expectedHash.hex))")
    }
    if let runtimeID, runtimeID != manifest.id {
      throw BundleError("invalid runtime ID (got: \(manifest.id.hex), expected: \(runtimeID.hex))")
    }
    try validate()
  }

  /// Checks the names of an archive and indexes them; of repeated names the last counts.
  private static func index(_ list: [ZipArchive.Entry]) throws(BundleError) -> [String: ZipArchive.Entry] {
    var entries: [String: ZipArchive.Entry] = [:]
    for (index, entry) in list.enumerated() {
      if index == 0 {
        guard entry.name == Manifest.fileName else { throw BundleError("invalid manifest file name: '\(entry.name)'") }
      } else if !isFlat(entry.name) {
        throw BundleError("failed to sanitize path '\(entry.name)'")
      }
      entries[entry.name] = entry
    }
    return entries
  }

  /// Whether the folder part of a name is the archive's root, however it is written (`./a`, `b/../a`).
  private static func isFlat(_ name: String) -> Bool {
    var depth = 0
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 1 || !parts[0].isEmpty else { return false }
    for part in parts.dropLast() where !part.isEmpty && part != "." {
      depth += part == ".." ? -1 : 1
      if depth < 0 { return false }
    }
    return depth == 0
  }

  /// The content of a file.
  public func read(_ name: String) throws -> [UInt8] {
    guard let entry = entries[name] else { throw BundleError("file '\(name)' not found in bundle") }
    return try Self.read(archive, entry)
  }

  /// Hands out the content of a file in pieces.
  func stream(_ name: String, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    guard let entry = entries[name] else { throw BundleError("file '\(name)' not found in bundle") }
    do { try archive.read(entry, body) } catch let error as ZipArchive.ZipError { throw BundleError("failed to read '\(name)': \(error)") }
  }

  private static func read(_ archive: ZipArchive, _ entry: ZipArchive.Entry) throws -> [UInt8] {
    var bytes: [UInt8] = []
    do { try archive.read(entry) { bytes.append(contentsOf: $0) } } catch let error as ZipArchive.ZipError {
      throw BundleError("failed to read '\(entry.name)': \(error)")
    }
    return bytes
  }

  /// The hash of a file's content.
  public func digest(_ name: String) throws -> Hash {
    var hash = SHA512_256()
    try stream(name) { hash.update($0) }
    return hash.hash()
  }
}

extension RuntimeBundle {
  /// Checks manifest, files, digests and signatures (07 A.3).
  private func validate() throws {
    do { try manifest.validate() } catch { throw BundleError("malformed manifest: \(error.reason)") }
    for component in manifest.availableComponents { try checkFiles(of: component) }
    for name in entries.keys.sorted() {
      guard let expected = manifest.digests?[name] else {
        if name == Manifest.fileName { continue }
        throw BundleError("missing digest: '\(name)'")
      }
      guard try digest(name) == expected else { throw BundleError("invalid digest: '\(name)'") }
    }
    for component in manifest.availableComponents { try checkSignature(of: component) }
  }

  private func checkFiles(of component: Component) throws(BundleError) {
    func require(_ name: String, _ what: String, orEmpty: Bool = false) throws(BundleError) {
      if name.isEmpty {
        if orEmpty { return }
        throw BundleError("missing \(component.id.display): \(what) in manifest")
      }
      guard entries[name] != nil else { throw BundleError("missing \(component.id.display): \(what) in bundle") }
    }
    if let elf = component.elf {
      try require(elf.executable, "ELF executable")
    } else {
      try require(component.executable, "ELF executable", orEmpty: true)
    }
    if let sgx = component.sgx {
      try require(sgx.executable, "SGX executable")
      try require(sgx.signature, "SGX signature", orEmpty: true)
    }
    if let tdx = component.tdx {
      try require(tdx.firmware, "TDX virtual firmware")
      try require(tdx.kernel, "TDX kernel image", orEmpty: true)
      try require(tdx.initrd, "TDX initrd image", orEmpty: true)
      try require(tdx.stage2Image, "TDX VM stage 2 image", orEmpty: true)
    }
  }

  private func checkSignature(of component: Component) throws {
    guard let sgx = component.sgx, !sgx.signature.isEmpty else { return }
    let signature: Sigstruct
    do { signature = try Sigstruct(verifying: read(sgx.signature)) } catch let error as SigstructError {
      throw BundleError("failed to verify sigstruct for '\(component.id.display)': \(error)")
    }
    let enclave = try measurement(sgx.executable)
    guard signature.enclaveHash == enclave else {
      throw BundleError(
        "sigstruct for '\(component.id.display)' does not match SGXS (got: \(signature.enclaveHash.hex) expected: \(enclave.hex))")
    }
  }

  /// The measurement of an `.sgxs` file: SHA-256 of all of it.
  public func measurement(_ name: String) throws -> [UInt8] {
    var hash = SHA256()
    try stream(name) { hash.update($0) }
    return hash.finish()
  }

  /// The enclave identities of a component: the manifest's, else those that follow from its SGX files (07 A.6).
  public func identities(of component: Component, debug: Bool = false) throws -> [EnclaveIdentity] {
    if !component.identities.isEmpty { return component.identities.map(\.enclave) }
    guard let sgx = component.sgx else { throw BundleError("no SGX metadata for '\(component.id.display)'") }
    var identity = EnclaveIdentity()
    if sgx.signature.isEmpty {
      guard debug else { throw BundleError("no SGX signature for '\(component.id.display)'") }
      identity.mrSigner = Sigstruct.dummySigner
    } else {
      identity.mrSigner = try Sigstruct(verifying: read(sgx.signature)).signer
    }
    identity.mrEnclave = FixedBytes(try measurement(sgx.executable)) ?? .init()
    return [identity]
  }
}
