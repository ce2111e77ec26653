/// Splits a command's words into flags and the rest, as the reference's command line does.
struct FlagParser {
  var texts: [String: [String]] = [:]
  var words: [String] = []

  init(_ arguments: [String], _ flags: [AnyFlag]) throws(FlagSyntaxError) {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if argument == "--" {
        words += rest
        return
      }
      if argument.hasPrefix("--") {
        try long(argument.dropFirst(2), &rest, flags)
      } else if argument.hasPrefix("-"), argument.count > 1 {
        try short(argument.dropFirst(), &rest, flags)
      } else {
        words.append(argument)
      }
    }
  }

  private mutating func long(_ argument: Substring, _ rest: inout ArraySlice<String>, _ flags: [AnyFlag]) throws(FlagSyntaxError) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts.first ?? "")
    guard !name.isEmpty else { throw FlagSyntaxError("bad flag syntax: --\(argument)") }
    guard let flag = flags.first(where: { $0.name == name }) else { throw FlagSyntaxError("unknown flag: --\(name)") }
    if parts.count == 2 { return add(flag, String(parts[1])) }
    // A switch takes no word: one that follows is an argument.
    if flag.isSwitch { return add(flag, "true") }
    guard let value = rest.popFirst() else { throw FlagSyntaxError("flag needs an argument: --\(name)") }
    add(flag, value)
  }

  private mutating func short(_ letters: Substring, _ rest: inout ArraySlice<String>, _ flags: [AnyFlag]) throws(FlagSyntaxError) {
    var left = letters
    while let letter = left.popFirst() {
      guard let flag = flags.first(where: { $0.short == letter }) else {
        throw FlagSyntaxError("unknown shorthand flag: '\(letter)' in -\(letters)")
      }
      if left.hasPrefix("=") { return add(flag, String(left.dropFirst())) }
      if flag.isSwitch {
        add(flag, "true")
        continue
      }
      if !left.isEmpty { return add(flag, String(left)) }
      guard let value = rest.popFirst() else { throw FlagSyntaxError("flag needs an argument: '\(letter)' in -\(letters)") }
      return add(flag, value)
    }
  }

  private mutating func add(_ flag: AnyFlag, _ text: String) { texts[flag.name, default: []].append(text) }

  /// The values of all flags given.
  func values(_ flags: [AnyFlag]) throws(FlagSyntaxError) -> [String: any Sendable] {
    var out: [String: any Sendable] = [:]
    for flag in flags {
      guard let given = texts[flag.name] else { continue }
      do { out[flag.name] = try flag.parse(given) } catch {
        let label = (flag.short.map { "-\($0), " } ?? "") + "--\(flag.name)"
        throw FlagSyntaxError(
          "invalid argument \"\(given.last ?? "")\" for \"\(label)\" flag: \((error as? FlagSyntaxError)?.reason ?? "\(error)")")
      }
    }
    return out
  }
}
