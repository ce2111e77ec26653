import Foundation
import FuzzSupport
import NodeConfiguration
import Testing

@Suite("Configuration: any input") struct ConfigurationFuzzTests {
  @Test func isReadOrRefused() async {
    await #expect(processExitsWith: .success) {
      let good = [
        "mode: compute\ncommon:\n  data_dir: /node\n  log:\n    format: JSON\n    level:\n      default: INFO\ngenesis:\n  file: /g.json\n",
        "runtime:\n  prune: {strategy: keep_last, num_kept: 600}\n  runtimes:\n    - id: \"8000000000000000000000000000000000000000000000000000000000000000\"\n",
        "consensus:\n  validator: true\n  min_gas_price: 1\n  prune:\n    strategy: none\n    interval: 2m\n", "a: &x [1, 2]\nb: *x\n",
        "--- !!map {mode: client}\n",
        "registration:\n  entity_id: aGVsbG8=\nmetrics: {mode: pull, address: 0.0.0.0:3000}\n",
      ].map { Array($0.utf8) }
      let tokens = [
        "[", "{", "- ", "&a ", "*a", "!!binary ", "\n  ", ": ", "? ", "|\n", "'", "\"", "%YAML 9\n", "---\n", "<<: ", "\t", "\u{0}", "~",
        "0x7fffffffffffffff",
        "1e999", "99999999999999999999h", "mode: ",
      ].map { Array($0.utf8) }
      fuzz("configuration", corpus: good, tokens: tokens, limit: 300) { bytes, number in
        let text = String(decoding: bytes, as: UTF8.self)
        _ = try NodeConfiguration.parse(text, file: "/node/config.yml", environment: number % 16 == 0 ? ["NAME": text] : [:])
      }
    }
  }
}
