internal import CommandLineTool
internal import Glibc
internal import NodeCommands
internal import OasisNode

umask(0o077)
let tool = NodeCommands.tool { start in
  guard let path = start.configurationPath else {
    throw CommandFailure.message("data directory not configured: give the node its configuration with --config FILE")
  }
  let flags = DebugFlags(
    dontBlameOasis: start.debug.dontBlameOasis, allowTestKeys: start.debug.allowTestKeys, testEntity: start.testEntity)
  let code = await NodeProgram.run(configurationPath: path, flags: flags)
  if code != 0 { throw CommandFailure.exit(code) }
}
exit(await tool.run(Array(CommandLine.arguments.dropFirst())))
