/// Differences of two texts as `diff -u` shows them.
enum UnifiedDiff {
  private static let context = 3
  /// Where more lines than this differ in a row, all of them are shown as replaced: comparing takes the product of both counts.
  private static let largestComparison = 4_000_000

  /// The hunks, headed `Actual` and `Canonical`; empty for equal texts.
  static func text(_ actual: String, _ canonical: String) -> String {
    let (old, new) = (lines(actual), lines(canonical))
    let changes = changes(old, new)
    guard !changes.isEmpty else { return "" }
    var out = "--- Actual\n+++ Canonical\n"
    var group: [Change] = []
    for change in changes {
      if let last = group.last, change.old.lowerBound - last.old.upperBound > 2 * context {
        out += hunk(group, old, new)
        group = []
      }
      group.append(change)
    }
    return out + hunk(group, old, new)
  }

  /// Lines of the first text that became lines of the second.
  private struct Change {
    var old: Range<Int>
    var new: Range<Int>
  }

  private static func lines(_ text: String) -> [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

  private static func hunk(_ changes: [Change], _ old: [Substring], _ new: [Substring]) -> String {
    guard let first = changes.first, let last = changes.last else { return "" }
    let before = min(context, first.old.lowerBound, first.new.lowerBound)
    let after = min(context, old.count - last.old.upperBound, new.count - last.new.upperBound)
    let (oldRange, newRange) = (
      first.old.lowerBound - before..<last.old.upperBound + after, first.new.lowerBound - before..<last.new.upperBound + after
    )
    var out = "@@ -\(span(oldRange)) +\(span(newRange)) @@\n"
    var next = oldRange.lowerBound
    for change in changes {
      for line in old[next..<change.old.lowerBound] { out += " \(line)\n" }
      for line in old[change.old] { out += "-\(line)\n" }
      for line in new[change.new] { out += "+\(line)\n" }
      next = change.old.upperBound
    }
    for line in old[next..<oldRange.upperBound] { out += " \(line)\n" }
    return out
  }

  private static func span(_ range: Range<Int>) -> String {
    range.count == 1 ? "\(range.lowerBound + 1)" : "\(range.isEmpty ? range.lowerBound : range.lowerBound + 1),\(range.count)"
  }

  private static func changes(_ old: [Substring], _ new: [Substring]) -> [Change] {
    let prefix = zip(old, new).prefix { $0 == $1 }.count
    let suffix = zip(old.dropFirst(prefix).reversed(), new.dropFirst(prefix).reversed()).prefix { $0 == $1 }.count
    let (oldRange, newRange) = (prefix..<old.count - suffix, prefix..<new.count - suffix)
    if oldRange.isEmpty && newRange.isEmpty { return [] }
    guard !oldRange.isEmpty, !newRange.isEmpty, oldRange.count * newRange.count <= largestComparison else {
      return [Change(old: oldRange, new: newRange)]
    }
    return compare(Array(old[oldRange]), Array(new[newRange])).map {
      Change(
        old: $0.old.lowerBound + prefix..<$0.old.upperBound + prefix, new: $0.new.lowerBound + prefix..<$0.new.upperBound + prefix)
    }
  }

  /// By the longest common subsequence.
  private static func compare(_ old: [Substring], _ new: [Substring]) -> [Change] {
    let width = new.count + 1
    var length = [Int32](repeating: 0, count: (old.count + 1) * width)
    for i in old.indices.reversed() {
      for j in new.indices.reversed() {
        length[i * width + j] =
          old[i] == new[j] ? length[(i + 1) * width + j + 1] + 1 : max(length[(i + 1) * width + j], length[i * width + j + 1])
      }
    }
    var (changes, i, j): ([Change], Int, Int) = ([], 0, 0)
    while i < old.count || j < new.count {
      let (startI, startJ) = (i, j)
      while i < old.count || j < new.count {
        if i < old.count, j < new.count, old[i] == new[j] { break }
        if j == new.count || (i < old.count && length[(i + 1) * width + j] >= length[i * width + j + 1]) { i += 1 } else { j += 1 }
      }
      if i > startI || j > startJ { changes.append(Change(old: startI..<i, new: startJ..<j)) }
      while i < old.count, j < new.count, old[i] == new[j] { (i, j) = (i + 1, j + 1) }
    }
    return changes
  }
}
