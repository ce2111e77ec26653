internal import Glibc

/// A decoder, and good inputs of its own.
public struct FuzzForm {
  public var name: String
  public var samples: [[UInt8]]
  /// Decodes an input; what it throws is fine. Gets the input's number, to take turns between modes.
  public var read: ([UInt8], Int) throws -> Void

  public init(_ name: String, samples: [[UInt8]] = [], _ read: @escaping ([UInt8], Int) throws -> Void) {
    (self.name, self.samples, self.read) = (name, samples, read)
  }
}

/// What a dying process tells: where it was.
private nonisolated(unsafe) var current = 0
private nonisolated(unsafe) var currentSeed: UInt64 = 0
private nonisolated(unsafe) var currentForm: UnsafeMutablePointer<CChar>?

/// Feeds decoders random and mutated inputs. To be called in a process of its own (an exit test), which dies of a trap, of more memory than
/// `memory`, and of inputs that take minutes; it then writes seed, decoder and number of the input. `SEED=… FUZZ_AT=…` shows that one.
///
/// `FUZZ_COUNT` says how many inputs each decoder gets (2,000 without it; `make fuzz` gives 100,000). `FUZZ_REPORT` names the file for a
/// line about each call, and for what a dying process says (else `/tmp/oasis-fuzz.txt`).
///
/// - Parameters:
///   - share: divides the number of inputs, for decoders that are many or slow.
///   - least: the number of inputs is not less.
///   - memory: how much the process may grow, in MiB.
///   - corpus: good inputs for all decoders.
///   - tokens: pieces that mean something to the decoders.
///   - limit: most bytes of an input.
public func fuzz(
  _ name: String, share: Int = 1, least: Int = 40, memory: Int = 256, corpus: [[UInt8]] = [], tokens: [[UInt8]] = [], limit: Int = 4096,
  forms: [FuzzForm]
) {
  let count = max(least, (number("FUZZ_COUNT") ?? 2000) / share)
  let seed = number("SEED").map { UInt64($0) } ?? 1
  let shown = number("FUZZ_AT")
  let before = bound(memory)
  let start = seconds()
  currentSeed = seed
  let standardError = watch()
  defer {
    dup2(standardError, 2)
    close(standardError)
  }
  var refused = 0
  for (index, form) in forms.enumerated() {
    free(currentForm)
    currentForm = strdup(form.name)
    var fuzzer = Fuzzer(seed: seed &+ UInt64(index), corpus: form.samples + corpus, tokens: tokens, limit: limit)
    var wrong = 0
    for number in 0..<count {
      if number % 256 == 0 { alarm(120) }
      current = number
      let input = number < form.samples.count ? form.samples[number] : fuzzer.input()
      if number == shown {
        print("\(name), \(form.name), input \(number): \(input.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined())")
      }
      do { try form.read(input, number) } catch { wrong += 1 }
    }
    refused += wrong
  }
  alarm(0)
  let total = count * forms.count
  // Decoders that take or refuse everything are not tested by these inputs.
  guard refused > 0, refused < total else { fatalError("\(name): \(refused) of \(total) inputs refused") }
  let (growth, time) = (peak() - before, seconds() - start)
  report("\(name): \(total) inputs to \(forms.count) decoders, \(refused) refused, grown by \(growth) MiB, \(time) s\n")
}

/// Feeds one decoder.
public func fuzz(
  _ name: String, share: Int = 1, memory: Int = 256, corpus: [[UInt8]], tokens: [[UInt8]] = [], limit: Int = 4096,
  _ read: @escaping ([UInt8], Int) throws -> Void
) {
  fuzz(
    name, share: share, memory: memory, tokens: tokens, limit: limit,
    forms: [FuzzForm(name, samples: corpus, read)])
}

private func number(_ name: String) -> Int? { getenv(name).flatMap { Int(String(cString: $0)) } }

private func seconds() -> Int {
  var now = timespec()
  clock_gettime(CLOCK_MONOTONIC, &now)
  return now.tv_sec
}

/// The most memory that the process has held, in MiB.
private func peak() -> Int {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return usage.ru_maxrss >> 10
}

private func report(_ line: String) {
  let bytes = Array(line.utf8)
  _ = write(2, bytes, bytes.count)
}

/// - Returns: the standard error of before: nobody listens to an exit test's.
private func watch() -> Int32 {
  let standardError = dup(2)
  let file = open(getenv("FUZZ_REPORT").map { String(cString: $0) } ?? "/tmp/oasis-fuzz.txt", O_WRONLY | O_CREAT | O_APPEND, 0o644)
  if file >= 0 { dup2(file, 2) }
  for number in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGABRT, SIGALRM] {
    signal(number) { number in
      lament()
      signal(number, SIG_DFL)
      raise(number)
    }
  }
  return standardError
}

/// Async-signal-safe.
private func lament() {
  func put(_ text: StaticString) { _ = write(2, text.utf8Start, text.utf8CodeUnitCount) }
  func put(_ value: UInt64) {
    var divisor: UInt64 = 1
    while value / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      var digit = UInt8(48 + value / divisor % 10)
      _ = write(2, &digit, 1)
      divisor /= 10
    }
  }
  put("fuzz: died in ")
  if let currentForm { _ = write(2, currentForm, strlen(currentForm)) }
  put(" at SEED=")
  put(currentSeed)
  put(" FUZZ_AT=")
  put(UInt64(current))
  put("\n")
}

/// Bounds how much the process may grow, in MiB.
/// - Returns: what it has held until now.
private func bound(_ memory: Int) -> Int {
  guard let file = fopen("/proc/self/statm", "r") else { return peak() }
  defer { fclose(file) }
  var line = [CChar](repeating: 0, count: 128)
  guard fgets(&line, 128, file) != nil,
    let pages = UInt(String(decoding: line.prefix { $0 != 32 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
  else { return peak() }
  let limit = pages * UInt(sysconf(Int32(_SC_PAGESIZE))) + UInt(memory) << 20
  var bound = rlimit(rlim_cur: limit, rlim_max: limit)
  setrlimit(__rlimit_resource_t(9), &bound)  // RLIMIT_AS
  return peak()
}
