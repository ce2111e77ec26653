import ChainLoaders
import CometBFTLoaders
import CoreLoaders
import Foundation
import GoldenSupport
import NodeLoaders
import RuntimeLoaders
import StorageLoaders

// golden ROOT [ONLY]: checks the recorded data under ROOT (paths that start with ONLY), one line a file; exit 1 if a case failed.
// Every file is checked by a process of its own (golden --file ROOT PATH LOCATION), so that a crash is one failed file and not the end.
signal(SIGPIPE, SIG_DFL)
let run = GoldenRun(
  loaders: CoreLoaders.loaders + StorageLoaders.loaders + CometBFTLoaders.loaders + ChainLoaders.loaders + RuntimeLoaders.loaders
    + NodeLoaders.loaders)
let arguments = CommandLine.arguments

if arguments.count == 5, arguments[1] == "--file" {
  let file = GoldenFile(path: arguments[3], location: arguments[4], root: arguments[2])
  guard let loader = run.loader(of: file.path) else { exit(2) }
  print(FileResult(run.run(file, with: loader)).text, terminator: "")
  fflush(nil)
  _exit(0)  // without taking down libraries whose threads still run
}

guard arguments.count >= 2, arguments[1] != "--help" else {
  FileHandle.standardError.write(Data("usage: golden ROOT [ONLY]\nexample: golden ../shared/golden vectors/core\n".utf8))
  exit(arguments.count >= 2 ? 0 : 2)
}
let files = run.files(root: arguments[1], only: arguments.count > 2 ? arguments[2] : "")
guard !files.isEmpty else {
  FileHandle.standardError.write(Data("golden: no file under \(arguments[1]) starts with that path\n".utf8))
  exit(2)
}
var total = FileResult()
for (file, result) in FileQueue(run, files) {
  guard let result else {
    if !run.isCompanion(file.path) { print("\(file.path): not covered") }
    continue
  }
  total.add(result)
  print("\(file.path): \(result.summary)")
  for failure in result.failures { print("  \(failure)") }
  fflush(nil)  // each file's line at once, also into a pipe
}
print("\(total.passed) passed, \(total.failed) failed, \(total.skipped) skipped")
exit(total.failed == 0 ? 0 : 1)
