internal import CommandLineTool
internal import Glibc
internal import NodeCommands

umask(0o077)
exit(await NodeCommands.tool().run(Array(CommandLine.arguments.dropFirst())))
