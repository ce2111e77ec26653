internal import OasisTypes

extension Manifest {
  /// Checks the manifest by itself (07 A.3).
  public func validate() throws(BundleError) {
    var seen: Set<ComponentID> = []
    for (index, component) in components.enumerated() {
      guard seen.insert(component.id).inserted else {
        throw BundleError("component \(index): another component with id '\(component.id.display)' already exists")
      }
      do { try component.validate() } catch { throw BundleError("component \(index): \(error.reason)") }
    }
    if isLegacy, seen.contains(.ronl) { throw BundleError("manifest defines both legacy and componentized RONL component") }
    if let sgx { try sgx.validate() }
  }
}

extension Component {
  /// Checks the component by itself (07 A.3).
  public func validate() throws(BundleError) {
    if sgx != nil, tdx != nil { throw BundleError("each component can only include metadata for a single TEE") }
    if let elf, elf.executable.isEmpty { throw BundleError("elf: executable must be set") }
    if let sgx { try sgx.validate() }
    if let tdx { try tdx.validate() }
    switch ComponentID.Kind(rawValue: kind) {
    case .ronl: try validateMain()
    case .rofl: try validateName()
    case nil: throw BundleError("unknown component kind: '\(kind)'")
    }
  }

  private func validateMain() throws(BundleError) {
    guard name.isEmpty else { throw BundleError("RONL component must have an empty name") }
    guard !executable.isEmpty || elf != nil else { throw BundleError("RONL component must define an executable") }
    if isDisabled { throw BundleError("RONL component cannot be disabled") }
  }

  private func validateName() throws(BundleError) {
    guard name.utf8.count >= 3 else { throw BundleError("ROFL component name must be at least 3 characters long") }
    guard name.utf8.count <= 128 else { throw BundleError("ROFL component name must be at most 128 characters long") }
    let allowed = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
      case UInt8(ascii: "_"), UInt8(ascii: "-"): true
      default: false
      }
    }
    guard allowed else { throw BundleError("ROFL component name is invalid (must satisfy: ^[a-zA-Z0-9_-]+$)") }
  }
}

extension SGXMetadata {
  func validate() throws(BundleError) {
    if executable.isEmpty { throw BundleError("sgx: executable must be set") }
  }
}

extension TDXMetadata {
  func validate() throws(BundleError) {
    if firmware.isEmpty { throw BundleError("tdx: firmware must be set") }
    if kernel.isEmpty, !stage2Image.isEmpty { throw BundleError("tdx: kernel must be set if stage 2 image is set") }
    if kernel.isEmpty, !initrd.isEmpty { throw BundleError("tdx: kernel must be set if initrd image is set") }
    if resources.memory < 16 { throw BundleError("tdx: memory limit must be at least 16M") }
    if resources.cpus < 1 { throw BundleError("tdx: vCPU count must be at least 1") }
    if let gpu = resources.gpu, gpu.count < 1 { throw BundleError("tdx: GPU count must be at least 1") }
  }
}
