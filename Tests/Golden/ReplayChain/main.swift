// replay-chain FOLDER [LAST HEIGHT]: replays a recorded chain; or replay-chain FOLDER init FROM TO: compares the initial state of the keys whose
// prefix byte (hexadecimal) lies in the range, for a service under construction.
import ChainReplay
import ConsensusApp

let arguments = CommandLine.arguments.dropFirst().map { $0 }
guard let folder = arguments.first else { fatalError("usage: replay-chain FOLDER [LAST | init FROM TO]") }
do {
  let replay = try ChainReplay(try RecordedChain(folder: folder)) { genesis, chainContext, configuration in
    try ConsensusApplication(
      genesis: genesis, chainContext: chainContext, services: ServiceList.all(), store: try MemoryStateStore(), configuration: configuration
    )
  }
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
