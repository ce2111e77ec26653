internal import CommandLineTool
internal import Glibc
internal import NetRunner

let arguments = Array(CommandLine.arguments.dropFirst())
ChildShim.runIfAsked(arguments)
umask(0o077)
exit(await NetRunnerTool.tool().run(arguments))
