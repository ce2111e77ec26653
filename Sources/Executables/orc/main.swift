internal import CommandLineTool
internal import Glibc

exit(await Orc.tool.run(Array(CommandLine.arguments.dropFirst())))
