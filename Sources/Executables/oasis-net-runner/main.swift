internal import CommandLineTool
internal import Glibc
internal import NetRunner

let arguments = Array(CommandLine.arguments.dropFirst())
ChildShim.runIfAsked(arguments)
// Words that are not text would arrive changed.
for index in 1..<max(Int(CommandLine.argc), 1) {
  guard let word = CommandLine.unsafeArgv[index], String(validatingCString: word) == nil else { continue }
  Console.standard.printError("argument \(index) is not UTF-8 text: keys, values and paths must be\n")
  exit(1)
}
umask(0o077)
await NetRunnerTool.tool().runAndExit(arguments)
