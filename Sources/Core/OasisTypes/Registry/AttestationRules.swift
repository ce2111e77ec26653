internal import CBOR
internal import Wire

extension Node.CapabilityTEE {
  /// Checks everything about an attestation that is data: its form and that of the constraints, and what the network allows (sheet 04 §16.4).
  /// The quote itself is not looked at.
  ///
  /// - Throws: uncoded failures.
  public func checkAttestation(constraints: [UInt8], features: TEEFeatures?, is261: Bool) throws(Registry.Failure) {
    guard hardware == .intelSGX else { throw .init(.uncoded, "node: invalid TEE implementation") }
    let attestation: SGXAttestation
    do { attestation = try SGXAttestation.decode(cbor: self.attestation ?? [], mode: .untrusted) } catch {
      throw .init(.uncoded, "node: malformed SGX attestation: \(error)")
    }
    guard features?.sgx.pcs ?? false || attestation.version == 0 else {
      throw .init(.uncoded, "node: unsupported SGX attestation version \(attestation.version) without PCS")
    }
    let rules: SGXConstraints
    do { rules = try SGXConstraints.decode(cbor: constraints, mode: .untrusted) } catch {
      throw .init(.uncoded, "node: malformed SGX constraints: \(error)")
    }
    if let violation = rules.violation(of: features, is261: is261) { throw .init(.uncoded, "node: \(violation)") }
    guard (attestation.quote.ias == nil) != (attestation.quote.pcs == nil) else {
      throw .init(.uncoded, "exactly one quote kind must be set")
    }
  }
}
