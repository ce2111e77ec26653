import Bytes
import CommandLineTool
import ConsensusApp
import Foundation
import NodeConfiguration
import OasisCrypto
import OasisTypes
import RuntimeBundle
import Testing

@testable import NetRunner

/// A folder that is gone after the test.
struct TemporaryFolder: ~Copyable {
  let path: String
  init() throws {
    path = "/tmp/runner-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }
}

@Suite struct DemoDirectoryTests {
  /// Programs that are there, though they do nothing.
  private func programs(_ folder: String) throws -> Programs {
    for name in ["oasis-node", "simple-keyvalue", "oasis-net-runner"] {
      try Data("#!/bin/true\n".utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    }
    return Programs(folder: folder)
  }

  @Test func aNetworkIsWrittenOnceAndThenKept() throws {
    let folder = try TemporaryFolder()
    let programs = try programs(folder.path)
    let directory = try DemoDirectory("\(folder.path)/some/net/../net")
    #expect(directory.path == "\(folder.path)/some/net")
    let lock = try directory.lock()
    let first = try DemoNetwork.prepare(directory, programs: programs)
    #expect(first.isNew)
    let configuration = try NodeConfiguration.load(path: directory.configuration, environment: [:])
    #expect(configuration.nodeMode == .compute)
    #expect(configuration.consensus.validator)
    #expect(configuration.registration.entityID == first.entity.base64)
    #expect(configuration.runtime.paths == [directory.bundle])
    let document = try GenesisDocument(file: Array(try Data(contentsOf: URL(fileURLWithPath: directory.genesis))))
    #expect(document.chainContext == first.chainContext)
    let runtime = try #require(document.registry.runtimes.first ?? nil)
    let bundle = try RuntimeBundle(path: directory.bundle)
    #expect(bundle.manifest.id == runtime.id)
    #expect(runtime.deployments.first??.bundleChecksum == bundle.manifestHash.bytes)

    let second = try DemoNetwork.prepare(directory, programs: programs)
    #expect(!second.isNew)
    #expect(second.chainContext == first.chainContext)
    #expect(second.entity == first.entity)
    withExtendedLifetime(lock) {}
  }

  @Test func asecondRunnerIsRefusedWithTheFirstOnesNumber() throws {
    let folder = try TemporaryFolder()
    let directory = try DemoDirectory("\(folder.path)/net")
    let lock = try directory.lock()
    do {
      _ = try directory.lock()
      Issue.record("locked twice")
    } catch { #expect("\(error)".contains("process \(getpid())")) }
    withExtendedLifetime(lock) {}
  }

  @Test func aNetworkWithMissingPartsIsRefusedByName() throws {
    let folder = try TemporaryFolder()
    let programs = try programs(folder.path)
    let directory = try DemoDirectory("\(folder.path)/net")
    let lock = try directory.lock()
    _ = try DemoNetwork.prepare(directory, programs: programs)
    try FileManager.default.removeItem(atPath: directory.bundle)
    do {
      _ = try DemoNetwork.prepare(directory, programs: programs)
      Issue.record("accepted")
    } catch { #expect("\(error)".contains(directory.bundle)) }
    try FileManager.default.removeItem(atPath: directory.genesis)
    try FileManager.default.createDirectory(atPath: directory.node.consensus, withIntermediateDirectories: false)
    do {
      _ = try DemoNetwork.prepare(directory, programs: programs)
      Issue.record("accepted")
    } catch { #expect("\(error)".contains(directory.genesis)) }
    withExtendedLifetime(lock) {}
  }

  @Test func aMovedNetworkIsRefusedWithBothPlaces() throws {
    let folder = try TemporaryFolder()
    let directory = try DemoDirectory("\(folder.path)/net")
    let lock = try directory.lock()
    _ = try DemoNetwork.prepare(directory, programs: try programs(folder.path))
    withExtendedLifetime(lock) {}
    let moved = try DemoDirectory("\(folder.path)/moved")
    try FileManager.default.moveItem(atPath: directory.path, toPath: moved.path)
    do {
      _ = try DemoNetwork.prepare(moved, programs: Programs(folder: folder.path))
      Issue.record("accepted")
    } catch { #expect("\(error)".contains(directory.node.path) && "\(error)".contains(moved.node.path)) }
  }

  @Test func aPathTooLongForASocketIsRefusedAndNotMade() throws {
    let folder = try TemporaryFolder()
    let directory = try DemoDirectory("\(folder.path)/\(String(repeating: "a", count: 100))")
    #expect(throws: RunnerError.self) { try directory.lock() }
    #expect(!FileManager.default.fileExists(atPath: directory.path))
  }

  @Test func otherPeoplesDirectoriesStayAsTheyAre() throws {
    let folder = try TemporaryFolder()
    let (file, foreign) = ("\(folder.path)/file", "\(folder.path)/foreign")
    try Data("text".utf8).write(to: URL(fileURLWithPath: file))
    try FileManager.default.createDirectory(atPath: foreign, withIntermediateDirectories: false)
    try Data("text".utf8).write(to: URL(fileURLWithPath: "\(foreign)/letter"))
    for (path, word) in [
      (file, "not a directory"), ("\(file)/net", "not a directory"), (foreign, "letter"), ("/proc/net-1", "/proc/net-1"),
    ] {
      do {
        _ = try DemoDirectory(path).lock()
        Issue.record("\(path) was taken")
      } catch { #expect("\(error)".contains(word), "\(error)") }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: foreign) == ["letter"])
  }

  @Test func theGenesisOfAnotherNetworkIsNotOurs() throws {
    let folder = try TemporaryFolder()
    let programs = try programs(folder.path)
    let directory = try DemoDirectory("\(folder.path)/net")
    let lock = try directory.lock()
    _ = try DemoNetwork.prepare(directory, programs: programs)
    let text = try String(contentsOfFile: directory.genesis, encoding: .utf8)
    try text.replacingOccurrences(of: DemoGenesis.chainID, with: "mainnet").write(
      toFile: directory.genesis, atomically: true, encoding: .utf8)
    do {
      _ = try DemoNetwork.prepare(directory, programs: programs)
      Issue.record("accepted")
    } catch { #expect("\(error)".contains("another network (mainnet)"), "\(error)") }
    withExtendedLifetime(lock) {}
  }

  @Test func wordsForAShellAreQuotedWhereTheyMustBe() {
    #expect(shellWord("/tmp/net-1_a.b") == "/tmp/net-1_a.b")
    #expect(shellWord("/tmp/my net") == "'/tmp/my net'")
    #expect(shellWord("it's") == "'it'\\''s'")
    #expect(shellWord("") == "''")
  }

  @Test func keysThatCannotBeStoredAreNotSent() {
    #expect(KeyValueCall.get(key: "").fault?.contains("empty") == true)
    #expect(KeyValueCall.insert(key: String(repeating: "a", count: 4097), value: "").fault?.contains("4097") == true)
    #expect(KeyValueCall.remove(key: String(repeating: "a", count: 4096)).fault == nil)
  }

  @Test func namesThatYAMLAndTheSubstitutionTreatSpeciallyArriveWhole() throws {
    let directory = try DemoDirectory("/tmp/a \"b\" $HOME \\c #d: e")
    let text = DemoConfiguration(directory: directory, entity: PublicKey()).text
    let configuration = try NodeConfiguration.parse(text, file: "config.yml", environment: ["HOME": "/root"])
    #expect(configuration.common.dataDirectory == "/tmp/a \"b\" $HOME \\c #d: e/node")
  }

  @Test func theNetworkBesideTheProgramsIsTheStandardOne() throws {
    let folder = try TemporaryFolder()
    let programs = Programs(folder: "\(folder.path)/bin")
    let home = try #require(ProcessInfo.processInfo.environment["HOME"])
    #expect(try DemoDirectory.standard(programs).path == "\(home)/.oasis-net-runner")
    try FileManager.default.createDirectory(atPath: "\(folder.path)/network", withIntermediateDirectories: true)
    try Data("{}".utf8).write(to: URL(fileURLWithPath: "\(folder.path)/network/genesis.json"))
    #expect(try DemoDirectory.standard(programs).path == "\(folder.path)/network")
  }

  @Test func theLogsEndIsCutToWholeLines() {
    let text = Array("one\ntwo\nthree\n".utf8)
    #expect(LogTail.last(text[...], isWhole: true, count: 2, width: 10) == ["two", "three"])
    #expect(LogTail.last(text[1...], isWhole: false, count: 9, width: 10) == ["two", "three"])
    #expect(LogTail.last(text[...], isWhole: true, count: 1, width: 3) == ["thr…"])
  }

  @Test func everyCommandHasAnExample() { #expect(NetRunnerTool.root.commandsWithoutExample().isEmpty) }
}
