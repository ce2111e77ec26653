import ChainLoaders
import CometBFTLoaders
import CoreLoaders
import GoldenSupport
import NodeLoaders
import RuntimeLoaders
import StorageLoaders
import Testing

/// The recorded data that the repository holds, through the loaders that `make golden` runs on the whole of it.
@Suite struct GoldenTests {
  static let root = String(#filePath.dropLast("Golden/GoldenTests/GoldenTests.swift".count)) + "Data"
  static let run = GoldenRun(
    loaders: CoreLoaders.loaders + StorageLoaders.loaders + CometBFTLoaders.loaders + ChainLoaders.loaders + RuntimeLoaders.loaders
      + NodeLoaders.loaders)
  static let paths = run.files(root: root).map(\.path)

  @Test(arguments: paths) func agreesWithTheReference(path: String) async throws {
    let file = try #require(Self.run.files(root: Self.root).first { $0.path == path })
    guard let loader = Self.run.loader(of: path) else {
      #expect(Self.run.isCompanion(path), "no loader reads \(path)")
      return
    }
    let report = await Self.run.runAside(file, with: loader)
    #expect(report.failed == 0, "\(report.failures.joined(separator: "\n"))")
    #expect(report.passed > 0)
  }
}
