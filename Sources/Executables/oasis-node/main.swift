internal import CommandLineTool
internal import Glibc
internal import NodeCommands
internal import OasisNode

umask(0o077)
let tool = NodeCommands.tool { start in
  var enclaves = DebugFlags.Enclaves()
  (enclaves.allowsDebug, enclaves.laxTCB) = (start.debug.allowDebugEnclaves, start.debug.laxTCBVerification)
  enclaves.skipsQuotes = start.debug.skipQuoteVerification
  var flags = DebugFlags(
    dontBlameOasis: start.debug.dontBlameOasis, allowTestKeys: start.debug.allowTestKeys, testEntity: start.testEntity, enclaves: enclaves)
  (flags.logsCalls, flags.unbuilt) = (start.logsCalls, start.unbuiltFlags)
  let code = await NodeProgram.run(configurationPath: start.configurationPath, flags: flags)
  if code != 0 { throw CommandFailure.exit(code) }
}
await tool.runAndExit(Array(CommandLine.arguments.dropFirst()))
