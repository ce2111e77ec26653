internal import Bytes
internal import CBOR
internal import GoldenSupport
internal import JSONText
internal import Wire

/// `cbor-decode.jsonl`: decoding into every kind of target, in every mode; the probe of versions; framing.
struct CBORLoader: GoldenLoader {
  static let patterns = ["vectors/core/cbor-decode.jsonl"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    let targets = plainTargets.merging(typedTargets) { $1 }
    for (number, line) in try file.lines() {
      let name = line["name"]?.string ?? "line \(number)"
      switch line["mode"]?.string {
      case "framing": framing(name, line, &report)
      case "framing-leftover": leftover(name, line, &report)
      case "framing-write", "framing-write-bytes": framingWrite(name, line, &report)
      case "probe": report.check(name) { try probe(line) }
      case let mode?:
        let modes: [String: DecodingMode] = ["untrusted": .untrusted, "rpc": .rpc, "trusted": .trusted]
        guard let decode = line["target"]?.string.flatMap({ targets[$0] }) else {
          report.skip("target \(line["target"]?.string ?? "") unknown")
          continue
        }
        guard let mode = modes[mode] else {
          report.fail(name, "unknown mode \(mode)")
          continue
        }
        report.check(name) { try verdict(line, "ok", expected: line["reencoded"]?.string) { try decode($0, mode) } }
      case nil: report.fail(name, "no mode")
      }
    }
  }

  /// Decodes the line's input and compares the verdict and the encoding of the result.
  static func verdict(_ line: JSONValue, _ key: String, expected: String?, _ decode: ([UInt8]?) throws -> [UInt8]) throws {
    let input = line["input"]?.string.flatMap { [UInt8](hex: $0) }
    let ok = line[key]?.bool ?? false
    do {
      let encoded = try decode(input)
      guard ok else { throw GoldenError("accepted, theirs: \(line["error"]?.string ?? "")") }
      if let expected { try expectEqual(encoded.hex, expected, "re-encoded") }
    } catch let error as CBORError {
      if ok { throw GoldenError("refused: \(error)") }
    }
  }

  private static func probe(_ line: JSONValue) throws {
    let ok = line["ok"]?.bool ?? false
    do {
      let version = try VersionProbe.version(of: line["input"]?.string.flatMap { [UInt8](hex: $0) } ?? [])
      guard ok else { throw GoldenError("accepted version \(version)") }
      try expectEqual(UInt64(version), line["version"]?.integer() ?? .max, "version")
    } catch let error as CBORError {
      if ok { throw GoldenError("refused: \(error)") }
    }
  }

  private static func framing(_ name: String, _ line: JSONValue, _ report: inout GoldenReport) {
    report.check(name) {
      var frames = FrameAssembler()
      frames.append(line["input"]?.string.flatMap { [UInt8](hex: $0) } ?? [])
      for read in line["reads"]?.array ?? [] {
        let ok = read["ok"]?.bool ?? false
        // What the reference's buffering lets through (leftover bytes in a frame) we refuse: no sender produces it.
        if name == "framing/leftover" {
          do { _ = try frames.next(Plain.self) } catch { return }
          throw GoldenError("a frame with leftover bytes was accepted")
        }
        do {
          let value = try frames.next(Plain.self)
          if ok {
            try expectEqual(value?.cbor().hex, read["reencoded"]?.string, "read")
          } else if value != nil {
            throw GoldenError("accepted, theirs: \(read["error"]?.string ?? "")")
          }
        } catch let error as FrameError {
          if ok { throw GoldenError("refused: \(error)") }
          return
        }
      }
    }
  }

  private static func leftover(_ name: String, _ line: JSONValue, _ report: inout GoldenReport) {
    let extra = line["zero_bytes_after_item_inside_frame"]?.integer(Int.self) ?? 0
    if extra > 0, line["ok"]?.bool == true {
      report.skip("leftover bytes pass the reference's buffering; we refuse them")
      return
    }
    report.check(name) {
      let item = line["item"]?.string.flatMap { [UInt8](hex: $0) } ?? []
      var frames = FrameAssembler()
      frames.append(try CBORFrame.encode(item + [UInt8](repeating: 0, count: extra)))
      do {
        _ = try frames.next(Plain.self)
        if line["ok"]?.bool != true { throw GoldenError("accepted") }
      } catch let error as FrameError {
        if line["ok"]?.bool == true { throw GoldenError("refused: \(error)") }
      }
    }
  }

  private static func framingWrite(_ name: String, _ line: JSONValue, _ report: inout GoldenReport) {
    report.check(name) {
      if let output = line["output"]?.string {
        let value = line["value"]?.string.flatMap { [UInt8](hex: $0) } ?? []
        try expectEqual(try CBORFrame.encode(value).hex, output, "frame")
        return
      }
      let item = [UInt8](repeating: 0, count: line["size"]?.integer() ?? 0).cbor()
      let ok = line["ok"]?.bool ?? false
      do {
        _ = try CBORFrame.encode(item)
        if !ok { throw GoldenError("accepted") }
      } catch let error as FrameError {
        if ok { throw GoldenError("refused: \(error)") }
      }
    }
  }
}

/// `sdk/rust-cbor.jsonl`: the same inputs by the rules of the Rust codec.
struct GuestCBORLoader: GoldenLoader {
  static let patterns = ["sdk/rust-cbor.jsonl"]

  /// Where the Rust types default or refuse in some cases otherwise than Go's. No guest of ours decodes them from untrusted input.
  private static let versioned: Set<String> = ["node", "sgx_constraints", "sgx_attestation"]

  static func run(_ file: GoldenFile, _ report: inout GoldenReport) throws {
    let targets = plainTargets.merging(typedTargets) { $1 }
    for (number, line) in try file.lines() {
      let name = line["name"]?.string ?? "line \(number)"
      guard let decode = line["target"]?.string.flatMap({ targets[$0] }) else {
        report.skip("target \(line["target"]?.string ?? "") unknown")
        continue
      }
      let verdict = Result { try CBORLoader.verdict(line, "rust_ok", expected: nil) { try decode($0, .guest) } }
      if case .failure = verdict, versioned.contains(line["target"]?.string ?? "") {
        report.skip("versioned descriptors decode by Go's rules in a guest too")
      } else {
        report.check(name) { try verdict.get() }
      }
    }
  }
}
