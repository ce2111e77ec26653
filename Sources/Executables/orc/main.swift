internal import CommandLineTool

await Orc.tool.runAndExit(Array(CommandLine.arguments.dropFirst()))
