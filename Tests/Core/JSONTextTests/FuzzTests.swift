import FuzzSupport
import JSONText
import Testing

@Suite("JSON: any input") struct JSONFuzzTests {
  @Test func isReadOrRefused() async {
    await #expect(processExitsWith: .success) {
      let good = [
        #"{"a":[1,-2.5e10,"x\u00e9\ud83d\ude00\n",null,true,false,{"b":{}}],"c":""}"#, #"[[[[]]]]"#, #""\\\"\/\b\f\t""#, "-0.0e-1",
        #" { "height" : 5 , "signature":"AAEC" } "#,
      ].map { Array($0.utf8) }
      let tokens = ["[", "{", "\"", "\\u", "\\ud83d", "]", "}", ",", ":", "{\"a\":", "[[", "1e999", "-", "\u{0}", "null", "é"].map {
        Array($0.utf8)
      }
      fuzz("JSON", corpus: good, tokens: tokens) { bytes, _ in
        let value = try JSONValue(parsing: bytes)
        let text = value.text()
        guard let again = try? JSONValue(parsing: text), again.text() == text else { fatalError("does not read what it wrote: \(text)") }
      }
    }
  }
}
