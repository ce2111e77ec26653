internal import GoldenSupport

/// Signed envelopes around entity descriptors.
enum EnvelopeCases {
  static func check(_ item: Case) throws {
    throw GoldenError("envelopes are not read yet")
  }
}
