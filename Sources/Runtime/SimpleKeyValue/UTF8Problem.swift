/// Where bytes stop being UTF-8, in the words of the reference's runtime: they are part of a transaction's output.
struct UTF8Problem: CustomStringConvertible {
  /// How many bytes are good.
  private var index = 0
  /// How many bytes after them make no character; nil where the bytes end within one.
  private var length: Int?

  init(_ bytes: [UInt8]) {
    func isContinuation(_ place: Int) -> Bool { bytes[place] & 0xc0 == 0x80 }
    while index < bytes.count {
      let first = bytes[index]
      if first < 0x80 {
        index += 1
        continue
      }
      // What may follow the first byte, and how many bytes there are in all.
      let (second, width): (ClosedRange<UInt8>, Int)
      switch first {
      case 0xc2...0xdf: (second, width) = (0x80...0xbf, 2)
      case 0xe0: (second, width) = (0xa0...0xbf, 3)
      case 0xed: (second, width) = (0x80...0x9f, 3)
      case 0xe1...0xef: (second, width) = (0x80...0xbf, 3)
      case 0xf0: (second, width) = (0x90...0xbf, 4)
      case 0xf1...0xf3: (second, width) = (0x80...0xbf, 4)
      case 0xf4: (second, width) = (0x80...0x8f, 4)
      default:
        length = 1
        return
      }
      for step in 1..<width {
        guard index + step < bytes.count else { return }
        guard step == 1 ? second.contains(bytes[index + 1]) : isContinuation(index + step) else {
          length = step
          return
        }
      }
      index += width
    }
  }

  var description: String {
    if let length { return "invalid utf-8 sequence of \(length) bytes from index \(index)" }
    return "incomplete utf-8 byte sequence from index \(index)"
  }
}
