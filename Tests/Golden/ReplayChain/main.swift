// replay-chain FOLDER [LAST HEIGHT]: replays a recorded chain; or replay-chain FOLDER init FROM TO: compares the initial state of the keys whose
// prefix byte (hexadecimal) lies in the range, for a service under construction.
// Or replay-chain rules ROOT [ONLY]: runs the loaders of this group on the recorded files whose paths start with ONLY.
import ChainLoaders
import ChainReplay
import GoldenSupport

let arguments = CommandLine.arguments.dropFirst().map { $0 }
guard let folder = arguments.first else { fatalError("usage: replay-chain FOLDER [LAST | init FROM TO]") }
if folder == "rules", arguments.count >= 2 {
  let run = GoldenRun(loaders: loaders)
  for file in run.files(root: arguments[1], only: arguments.count > 2 ? arguments[2] : "") {
    guard let loader = run.loader(of: file.path) else { continue }
    let report = run.run(file, with: loader)
    print("\(file.path): \(report.passed) passed, \(report.failed) failed, \(report.skipped) skipped")
    for skip in report.skips { print("  \(skip.count) skipped: \(skip.reason)") }
    for failure in report.failures { print("  \(failure.prefix(3000))") }
  }
} else {
  do {
    let replay = try ChainReplay(try RecordedChain(folder: folder))
    if arguments.count == 4, arguments[1] == "init", let from = UInt8(arguments[2], radix: 16), let to = UInt8(arguments[3], radix: 16),
      from <= to
    {
      let found = try replay.initialDifferences(prefixes: from...to)
      for difference in found { print(difference) }
      print("\(found.count) differences")
    } else {
      try replay.run(to: arguments.count > 1 ? Int64(arguments[1]) ?? .max : .max)
      print("equal: \(replay.progress)")
    }
  } catch {
    print("\(error)")
  }
}
