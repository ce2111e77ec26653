import ChainLoaders
import CometBFTLoaders
import CoreLoaders
import Foundation
import GoldenSupport
import NodeLoaders
import RuntimeLoaders
import StorageLoaders

// golden ROOT [ONLY]: checks the recorded data under ROOT (paths that start with ONLY), one line a file; exit 1 if a case failed.
let arguments = CommandLine.arguments
guard arguments.count >= 2, arguments[1] != "--help" else {
  FileHandle.standardError.write(Data("usage: golden ROOT [ONLY]\nexample: golden ../shared/golden vectors/core\n".utf8))
  exit(arguments.count >= 2 ? 0 : 2)
}
let run = GoldenRun(
  loaders: CoreLoaders.loaders + StorageLoaders.loaders + CometBFTLoaders.loaders + ChainLoaders.loaders + RuntimeLoaders.loaders
    + NodeLoaders.loaders)
let files = run.files(root: arguments[1], only: arguments.count > 2 ? arguments[2] : "")
guard !files.isEmpty else {
  FileHandle.standardError.write(Data("golden: no file under \(arguments[1]) starts with that path\n".utf8))
  exit(2)
}
var (passed, failed, skipped) = (0, 0, 0)
for file in files {
  guard let loader = run.loader(of: file.path) else {
    if !run.isCompanion(file.path) { print("\(file.path): not covered") }
    continue
  }
  let report = run.run(file, with: loader)
  (passed, failed, skipped) = (passed + report.passed, failed + report.failed, skipped + report.skipped)
  let reasons = report.skips.map { " (\($0.count) skipped: \($0.reason))" }.joined()
  print(
    "\(file.path): \(report.passed + report.failed + report.skipped) cases, \(report.passed) passed, \(report.failed) failed, \(report.skipped) skipped\(reasons)"
  )
  for failure in report.failures { print("  \(failure.prefix(2000))") }
  fflush(nil)  // each file's line at once, also into a pipe
}
print("\(passed) passed, \(failed) failed, \(skipped) skipped")
exit(failed == 0 ? 0 : 1)
