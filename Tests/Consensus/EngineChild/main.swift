import CometBFT
import EngineTestSupport
import Foundation
import Glibc
import Telemetry

// engine-child FOLDER [FILE-SIZE-LIMIT]: a validator that makes a chain in FOLDER until it is killed, with a stream of transactions.
// Writes `final KEY` for every transaction that is final. With a limit, every write beyond that many bytes in a file fails, as on a full
// disk; then it ends with status 3 and the error.
let arguments = CommandLine.arguments
guard arguments.count >= 2 else { exit(2) }
if arguments.count > 2, let limit = UInt(arguments[2]) {
  signal(SIGXFSZ, SIG_IGN)
  var bound = rlimit(rlim_cur: limit, rlim_max: limit)
  setrlimit(__rlimit_resource_t(1), &bound)  // RLIMIT_FSIZE
}

func say(_ line: String) {
  let bytes = Array((line + "\n").utf8)
  _ = write(STDOUT_FILENO, bytes, bytes.count)
}

do {
  let network = DiskNetwork(folder: arguments[1])
  let sink = DescriptorLogSink.standardError
  let node = try network.open(log: Log(LogOutput(format: .logfmt, levels: LogLevels(), sink: sink), module: "cometbft"))
  let engine = node.engine
  let prefix = UInt64.random(in: 0...UInt64.max)
  Task {
    var number = 0
    while true {
      number += 1
      let key = "\(prefix)-\(number)"
      guard case .included(_)? = try? await engine.submitAndWait(Array("\(key)=1".utf8)) else {
        try? await Task.sleep(for: .milliseconds(1))  // not yet, or not any more
        continue
      }
      say("final \(key)")
    }
  }
  let blocks = engine.newBlocks()
  Task { for await block in blocks { say("block \(block.height)") } }
  try await engine.run()
} catch {
  say("error \(error)")
  _exit(3)  // not exit: other threads still use what the libraries would take down
}
