import CometBFT
import EngineTestSupport
import Foundation
import Testing

@Suite("Signing state that cannot be used") struct SigningStateFileTests {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("signing-\(UUID().uuidString)").path
  var path: String { folder + "/oasis_priv_validator.json" }

  private func open() throws -> ValidatorKey { try ValidatorKey(signer: DiskNetwork.signer, path: path) }

  /// A file with the state after one vote; gives its content.
  private func signedFile() throws -> Data {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let vote = Vote(
      type: .prevote, height: 5, round: 0, blockID: BlockID(), timestamp: Timestamp(seconds: 1_700_000_000), validatorAddress: [],
      validatorIndex: 0)
    _ = try open().sign(vote, chainID: "solo")
    return try Data(contentsOf: URL(fileURLWithPath: path))
  }

  private func write(_ data: Data, to path: String) throws { try data.write(to: URL(fileURLWithPath: path)) }

  /// The one line that says why the file is refused, which must leave everything as it is.
  private func refusal(_ name: String = #function, expecting words: [String]) throws {
    let before = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    let content = FileManager.default.contents(atPath: path)
    do {
      _ = try open()
      Issue.record("\(name): opened")
    } catch {
      let text = "\(error)"
      #expect(text.contains(path) && !text.contains("\n"), "\(text)")
      for word in words { #expect(text.contains(word), "\(text)") }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == before)
    #expect(FileManager.default.contents(atPath: path) == content)
  }

  @Test func emptyCutOrChanged() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let whole = try signedFile()
    try write(Data(), to: path)
    try refusal(expecting: ["is empty", "restore the latest copy"])
    for length in 1..<whole.count {
      try write(whole.prefix(length), to: path)
      try refusal(expecting: ["restore the latest copy"])
    }
    let text = String(decoding: whole, as: UTF8.self)
    for (old, new) in [(":5,", ":-5,"), (":5,", ":\"5\","), (":2,", ":300,"), ("\"signbytes\":\"", "\"signbytes\":\"x")] {
      try write(Data(text.replacing(old, with: new).utf8), to: path)
      try refusal(expecting: ["is damaged"])
    }
    try write(Data(repeating: 0x20, count: 1 << 20), to: path)
    try refusal(expecting: ["larger than"])
  }

  @Test func ofAnotherNode() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let text = String(decoding: try signedFile(), as: UTF8.self)
    let key = try #require(text.components(separatedBy: "\"public_key\":\"").last?.prefix(44))
    try write(Data(text.replacing(key, with: "253gmZfnu70v7XRCZGwhpDanNCndCR6WzQI9C9NMsBU=").utf8), to: path)
    try refusal(expecting: ["public key mismatch, state corruption?", "253gmZfnu70v7XRCZGwhpDanNCndCR6WzQI9C9NMsBU=", String(key)])
  }

  @Test func noFile() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    _ = try signedFile()
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    try refusal(expecting: ["directory"])
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: folder + "/nothing")
    try refusal(expecting: ["no such file"])
  }

  @Test func besideAStaleTemporaryFile() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let whole = try signedFile()
    for stale in [Data(), whole.prefix(20), whole] {  // a kill between writing and renaming leaves one; nothing in it was given out
      try write(stale, to: path + ".tmp")
      #expect(try open().state.height == 5)
      #expect(!FileManager.default.fileExists(atPath: path + ".tmp"))
    }
    try FileManager.default.moveItem(atPath: path, toPath: path + ".tmp")  // the state is there, under the wrong name
    try refusal(expecting: [".tmp", "height 5", "rename"])
    try write(Data(), to: path + ".tmp")
    #expect(try open().state.height == 0)
  }

  @Test func aheadOfTheStores() async throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let network = DiskNetwork(folder: folder)
    let last = try #require(try await network.run(blocks: 3).last)
    try FileManager.default.copyItem(atPath: folder, toPath: folder + ".old")
    defer { try? FileManager.default.removeItem(atPath: folder + ".old") }
    try await network.run(blocks: 5)
    // The stores of before with the signing state of now.
    let old = DiskNetwork(folder: folder + ".old")
    try FileManager.default.removeItem(atPath: old.signingPath)
    try FileManager.default.copyItem(atPath: network.signingPath, toPath: old.signingPath)
    let error = await #expect(throws: EngineError.self) { try await old.run(blocks: 1) }
    let text = try #require(error.map { "\($0)" })
    #expect(text.contains(old.signingPath) && text.contains("older copy") && text.contains("newest stored block is"), "\(text)")
    // The same with the log, when the state is only one ahead: what it ended is not stored.
    try FileManager.default.removeItem(atPath: old.signingPath)
    try FileManager.default.removeItem(atPath: old.logPath)
    try FileManager.default.copyItem(atPath: network.logPath, toPath: old.logPath)
    let second = await #expect(throws: EngineError.self) { try await old.run(blocks: 1) }
    #expect(try #require(second.map { "\($0)" }).contains(old.logPath), "\(second.map { "\($0)" } ?? "") \(last)")
  }
}
