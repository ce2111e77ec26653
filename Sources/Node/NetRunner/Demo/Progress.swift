internal import CommandLineTool
internal import Glibc

/// Prints lines, and on a terminal one live line below them.
final class Progress: Sendable {
  let isTerminal: Bool
  private let console: Console
  private let started = SuspendingClock.now

  init(console: Console, isTerminal: Bool = isatty(STDOUT_FILENO) == 1) { (self.console, self.isTerminal) = (console, isTerminal) }

  /// Since the runner began, without the time that the machine slept.
  var elapsed: Duration { started.duration(to: .now) }

  /// A line that stays.
  func line(_ text: String = "") { console.print((isTerminal ? "\r\u{1b}[K" : "") + text + "\n") }

  /// A line that stays, with the time.
  func step(_ text: String) { line("[\(stamp)] \(text)") }

  /// The live line; nothing where there is no terminal.
  func live(_ text: String) {
    if isTerminal { console.print("\r\u{1b}[K[\(stamp)] \(text.prefix(110))") }
  }

  private var stamp: String {
    let (seconds, attoseconds) = elapsed.components
    let tenths = attoseconds / 100_000_000_000_000_000
    let text = "\(seconds).\(tenths)"
    return String(repeating: " ", count: max(0, 6 - text.count)) + text + " s"
  }
}
