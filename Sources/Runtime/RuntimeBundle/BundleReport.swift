internal import OasisTypes
internal import Bytes

extension RuntimeBundle {
  /// What `orc show` prints of a bundle (11 D), digests in the order of their names.
  public func report(path: String) -> String {
    var lines = [
      Self.line("Bundle", path), Self.line("Name", manifest.name), Self.line("Runtime ID", manifest.id.hex),
      Self.line("Version", "\(manifest.version)"), "Components:",
    ]
    for component in manifest.availableComponents {
      let isImplicit = component.id.isRONL && manifest.component(.ronl) != nil && !manifest.components.contains { $0.id.isRONL }
      lines.append("- \(component.id.display)" + (isImplicit ? " [legacy]" : ""))
      lines += details(of: component).map { "  " + $0 }
    }
    lines.append("Digests:")
    for (name, digest) in (manifest.digests ?? [:]).sorted(by: { $0.key < $1.key }) { lines.append("  \(name) => \(digest.hex)") }
    return lines.joined(separator: "\n") + "\n"
  }

  /// A label, its value aligned by 16 characters.
  private static func line(_ label: String, _ value: String) -> String {
    let head = "\(label):"
    return head + String(repeating: " ", count: max(1, 16 - head.count)) + value
  }

  private func details(of component: Component) -> [String] {
    var lines: [String] = []
    if !component.executable.isEmpty { lines.append(Self.line("Executable", component.executable)) }
    lines.append(Self.line("TEE kind", component.teeKind.rawValue))
    if let sgx = component.sgx { lines += details(of: sgx) }
    if let tdx = component.tdx { lines += details(of: tdx) }
    return lines
  }

  private func details(of sgx: SGXMetadata) -> [String] {
    var lines = [Self.line("SGXS", sgx.executable)]
    if let measurement = try? measurement(sgx.executable) { lines.append(Self.line("SGXS MRENCLAVE", measurement.hex)) }
    lines.append("SGXS signature: \(sgx.signature.isEmpty ? "[UNSIGNED]" : sgx.signature)")
    guard !sgx.signature.isEmpty, let bytes = try? read(sgx.signature), let signature = try? Sigstruct(verifying: bytes) else {
      return lines
    }
    let date = signature.buildDate
    lines.append("SGXS SIGSTRUCT:")
    lines += [
      "  Build date:       \(Self.padded(date.year, 4))-\(Self.padded(date.month, 2))-\(Self.padded(date.day, 2))",
      "  MiscSelect:       \(Self.hexadecimal(UInt64(signature.miscSelect), 8))",
      "  MiscSelect mask:  \(Self.hexadecimal(UInt64(signature.miscMask), 8))",
      "  Attributes flags: \(Self.hexadecimal(signature.attributeFlags, 16))",
    ]
    let names: [(UInt64, String)] = [(1, "init"), (2, "DEBUG"), (4, "64-bit mode"), (16, "provision key"), (32, "enclave init token key")]
    lines += names.filter { signature.attributeFlags & $0.0 != 0 }.map { "    - \($0.1)" }
    return lines + [
      "  Attributes XFRM:  \(Self.hexadecimal(signature.attributeXFRM, 16))",
      "  Attributes mask:  \(Self.hexadecimal(signature.attributeFlagsMask, 16)) \(Self.hexadecimal(signature.attributeXFRMMask, 16))",
      "  MRENCLAVE:        \(signature.enclaveHash.hex)", "  MRSIGNER:         \(signature.signer.hex)",
      "  ISV product ID:   \(signature.productID)", "  ISV SVN:          \(signature.securityVersion)",
    ]
  }

  private func details(of tdx: TDXMetadata) -> [String] {
    var lines = [Self.line("Firmware", tdx.firmware)]
    if !tdx.kernel.isEmpty { lines.append(Self.line("Kernel", tdx.kernel)) }
    if !tdx.initrd.isEmpty { lines.append(Self.line("InitRD", tdx.initrd)) }
    if !tdx.extraKernelOptions.isEmpty { lines += ["Extra kernel options:"] + tdx.extraKernelOptions.map { "  \($0)" } }
    if !tdx.stage2Image.isEmpty { lines.append(Self.line("Stage 2", tdx.stage2Image)) }
    return lines + ["Resources:", "  CPUs:    \(tdx.resources.cpus)", "  Memory:  \(tdx.resources.memory) MiB"]
  }

  private static func hexadecimal(_ value: UInt64, _ width: Int) -> String { padded(String(value, radix: 16, uppercase: true), width) }
  private static func padded(_ value: Int, _ width: Int) -> String { padded("\(value)", width) }
  private static func padded(_ text: String, _ width: Int) -> String { String(repeating: "0", count: max(0, width - text.count)) + text }
}
