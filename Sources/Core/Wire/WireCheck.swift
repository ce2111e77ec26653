internal import Bytes
public import CBOR
internal import JSONText

/// Checks that hold for every wire type, from its declaration alone. For tests.
public enum WireCheck {
  /// What is wrong with `type`, on `rounds` random values: encoding and decoding must agree in CBOR and in JSON, a truncated encoding must be
  /// refused at every byte, and no mutation may trap or decode into something that does not encode stably.
  public static func problems<T: WireValue>(
    _ type: T.Type, seed: UInt64 = 1, rounds: Int = 50, mode: DecodingMode = .untrusted
  ) -> [String] {
    var random = WireRandom(seed: seed)
    var problems: [String] = []
    for round in 0..<rounds where problems.count < 5 {
      let value = round == 0 ? T() : T.random(using: &random)
      let encoded = value.cbor()
      do throws(CBORError) {
        let decoded = try T.decode(cbor: encoded, mode: mode).cbor()
        if decoded != encoded { problems.append("\(type): \(encoded.hex) decodes and encodes as \(decoded.hex)") }
      } catch { problems.append("\(type): own encoding \(encoded.hex) refused: \(error)") }
      problems += json(value, encoded)
      for count in stride(from: 0, to: encoded.count, by: max(encoded.count / 200, 1)) {
        if (try? T.decode(cbor: [UInt8](encoded.prefix(count)), mode: mode)) != nil {
          problems.append("\(type): \(encoded.hex) cut to \(count) bytes is accepted")
        }
      }
      for _ in 0..<20 where !encoded.isEmpty {
        var mutated = encoded
        mutated[Int(random.next() % UInt64(mutated.count))] = UInt8(truncatingIfNeeded: random.next())
        guard let decoded = try? T.decode(cbor: mutated, mode: mode) else { continue }
        let again = decoded.cbor()
        if (try? T.decode(cbor: again, mode: mode))?.cbor() != again {
          problems.append("\(type): \(mutated.hex) decodes to a value that does not encode stably")
        }
      }
    }
    return problems
  }

  private static func json<T: WireValue>(_ value: T, _ encoded: [UInt8]) -> [String] {
    guard let text = try? value.checkedJSONText(indent: "  ") else { return [] }
    do throws(JSONError) {
      let decoded = try T.decode(json: text)
      if decoded.cbor() != encoded { return ["\(T.self): JSON \(text) decodes to \(decoded.cbor().hex), not \(encoded.hex)"] }
      if decoded.jsonText(indent: "  ") != text { return ["\(T.self): JSON \(text) prints as \(decoded.jsonText(indent: "  "))"] }
      return []
    } catch { return ["\(T.self): own JSON \(text) refused: \(error)"] }
  }
}
