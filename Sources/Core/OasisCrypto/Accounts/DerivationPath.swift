/// A path of child keys, such as `m/44'/474'/0'` (BIP-32).
public struct DerivationPath: Hashable, Sendable {
  /// The indices of the children from the master key down; hardened ones have the highest bit set.
  public var components: [UInt32]

  public init(_ components: [UInt32]) { self.components = components }

  /// The bit that makes an index a hardened one.
  public static let hardened: UInt32 = 1 << 31

  /// The path of an account: purpose 44, coin 474, then the number, all hardened (ADR 0008).
  ///
  /// - Throws: `AccountKeyError.invalidNumber` from 2^31 on.
  public static func account(_ number: UInt32) throws(AccountKeyError) -> DerivationPath {
    guard number < hardened else { throw .invalidNumber(number) }
    return DerivationPath([44 | hardened, 474 | hardened, number | hardened])
  }

  /// Reads `m`, then decimal indices below 2^31, each after a slash and with an apostrophe behind it where it is hardened.
  public init(text: String) throws(AccountKeyError) {
    let parts = Substring(text).split(separator: "/", omittingEmptySubsequences: false)
    guard let master = parts.first, master == "m" else {
      throw .invalidPath("invalid BIP-0032 path's mnemonic component: \(parts.first ?? "") (expected: m)")
    }
    var components: [UInt32] = []
    for (position, part) in parts.enumerated().dropFirst() {
      let isHardened = part.hasSuffix("'")
      do throws(NumberProblem) {
        let index = try Self.index(isHardened ? part.dropLast() : part)
        components.append(isHardened ? index | Self.hardened : index)
      } catch {
        throw .invalidPath("invalid BIP-0032 path's \(position + 1). component: \(error.reason)")
      }
    }
    self.init(components)
  }

  private struct NumberProblem: Error { var reason: String }

  private static func index(_ digits: Substring) throws(NumberProblem) -> UInt32 {
    let parsing = "strconv.ParseUint: parsing \"\(digits)\""
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      throw NumberProblem(reason: "\(parsing): invalid syntax")
    }
    guard let number = UInt32(digits) else { throw NumberProblem(reason: "\(parsing): value out of range") }
    guard number < hardened else { throw NumberProblem(reason: "maximum value of \(hardened - 1) exceeded (got: \(number))") }
    return number
  }
}

extension DerivationPath: CustomStringConvertible {
  public var description: String {
    "m" + components.map { "/\($0 & ~Self.hardened)" + ($0 & Self.hardened == 0 ? "" : "'") }.joined()
  }
}
