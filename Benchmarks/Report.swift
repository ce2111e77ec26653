import Foundation
import Glibc

/// A workload's part of the table; rows are printed as they are measured.
struct Report {
  static let heading = row("", "ours", "±", "cpu", "Go", "note")

  init(title: String) { print("\n\(title) (load \(Environment.load))") }

  private static func row(_ what: String, _ ours: String, _ spread: String, _ cpu: String, _ reference: String, _ note: String) -> String {
    func left(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(width - text.count, 0)) }
    func right(_ text: String, _ width: Int) -> String { String(repeating: " ", count: max(width - text.count, 0)) + text }
    return "  \(left(what, 46))\(right(ours, 11))\(right(spread, 7))\(right(cpu, 11))\(right(reference, 20))  \(note)"
  }

  /// Prints a row.
  func add(_ what: String, _ ours: String, spread: String = "", cpu: String = "", reference: String = "", note: String = "") {
    print(Self.row(what, ours, spread, cpu, reference, note))
    fflush(nil)
  }

  /// Prints what an operation took.
  func add(_ what: String, _ samples: Samples, reference: String = "", note: String = "") {
    add(
      what, Text.time(samples.wall.median), spread: samples.wall.count > 1 ? Text.percent(samples.wall.spread) : "",
      cpu: Text.time(samples.cpu.median), reference: reference, note: note)
  }
}

/// Seconds per operation, one value a repetition, ascending.
struct Samples {
  var wall: [Double] = []
  var cpu: [Double] = []
}

extension [Double] {
  var median: Double { isEmpty ? .nan : (self[(count - 1) / 2] + self[count / 2]) / 2 }
  /// Half the range of the middle half, relative to the median.
  var spread: Double { (self[count * 3 / 4] - self[count / 4]) / 2 / median }
}

/// Measures an operation: after a warm-up that also finds how many calls take about 20 ms, 21 repetitions of that many.
///
/// - Parameter operations: how many operations one call of `body` does.
func measure(operations: Int = 1, repetitions: Int = 21, _ body: () throws -> Void) rethrows -> Samples {
  var calls = 1
  while true {
    let (wall, _) = try timed { for _ in 0..<calls { try body() } }
    if wall > 0.02 { break }
    calls = wall > 0.001 ? max(calls + 1, Int(Double(calls) * 0.024 / wall)) : calls * 10
  }
  var samples = Samples()
  for _ in 0..<repetitions {
    let (wall, cpu) = try timed { for _ in 0..<calls { try body() } }
    samples.wall.append(wall / Double(calls * operations))
    samples.cpu.append(cpu / Double(calls * operations))
  }
  samples.wall.sort()
  samples.cpu.sort()
  return samples
}

/// Seconds that `body` took: on the clock, and of processor time of all threads.
func timed(_ body: () throws -> Void) rethrows -> (wall: Double, cpu: Double) {
  let (wall, cpu) = (seconds(CLOCK_MONOTONIC), seconds(CLOCK_PROCESS_CPUTIME_ID))
  try body()
  return (seconds(CLOCK_MONOTONIC) - wall, seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu)
}

/// The same for one run of something long.
func once(_ body: () throws -> Void) rethrows -> Samples {
  let (wall, cpu) = try timed(body)
  return Samples(wall: [wall], cpu: [cpu])
}

func seconds(_ clock: clockid_t) -> Double {
  var time = timespec()
  clock_gettime(clock, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// Keeps the optimiser from leaving out what makes the value.
@inline(never) @_optimize(none)
func keep<Value>(_ value: Value) {}

/// The most memory this process has used, in bytes.
var peakMemory: Int {
  let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
  let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
  return line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int($0) }.map { $0 << 10 } ?? 0
}

/// How figures are written.
enum Text {
  static func time(_ seconds: Double) -> String {
    switch seconds {
    case ..<1e-6: "\(digits(seconds * 1e9)) ns"
    case ..<1e-3: "\(digits(seconds * 1e6)) µs"
    case ..<1: "\(digits(seconds * 1e3)) ms"
    default: "\(digits(seconds)) s"
    }
  }

  static func percent(_ share: Double) -> String { "\(digits(share * 100)) %" }

  static func size(_ bytes: Int) -> String {
    bytes >= 1_000_000_000 ? "\(digits(Double(bytes) / 1e9)) GB" : "\(digits(Double(bytes) / 1e6)) MB"
  }

  /// Three digits, none beyond that.
  static func digits(_ value: Double) -> String {
    switch abs(value) {
    case 99.95...: String(format: "%.0f", value)
    case 9.995..<99.95: String(format: "%.1f", value)
    default: String(format: "%.2f", value)
    }
  }
}
