internal import Bytes
internal import FileSystem
internal import Protobuf

/// What is wrong with the log at one place.
package struct WALDamage: Hashable, Sendable, CustomStringConvertible {
  /// Where the damaged record starts, in bytes from the start of the file.
  package var offset: Int
  package var reason: String
  package var description: String { "record at byte \(offset) \(reason)" }
}

/// Reads records one by one from bytes that come in pieces. Holds one record, the next, and one piece at a time, whatever a record claims
/// to be.
///
/// After a damaged record the next is sought where its length says, as in the reference, and, with `seeks`, where that is none at every
/// byte. Damage that goes on is told once, by its first record.
struct WALReader {
  private let more: () throws(LogError) -> [UInt8]
  private var buffer: [UInt8] = []
  private var position = 0  // in the buffer
  private var base = 0  // of the buffer in the file
  private var isAtEnd = false
  private let seeks: Bool
  /// Since the last record there was damage.
  private var isInDamage = false
  /// Bytes that may still be summed up in vain: content that looks like records all over must not take for ever.
  private var vainBytes = 256 << 20

  /// - Parameter more: the next piece; an empty one ends the file.
  init(seeks: Bool, _ more: @escaping () throws(LogError) -> [UInt8]) { (self.seeks, self.more) = (seeks, more) }

  /// Reads a file in pieces of 1 MiB, and seeks what follows damage.
  init(path: String) throws(LogError) {
    let source = Source(try logged { () throws(FileError) in try OpenFile(reading: path) })
    self.init(seeks: true) { () throws(LogError) in try logged { () throws(FileError) in try source.file.next(1 << 20) } }
  }

  private final class Source {
    let file: OpenFile
    init(_ file: consuming OpenFile) { self.file = file }
  }

  /// The next record, or the next damage; nil at the end.
  mutating func next() throws(LogError) -> WALCoding.Item? {
    if isInDamage, seeks { return try seek().map { .record($0) } }
    while try has(1) {
      let offset = base + position
      let damage: WALDamage
      do {
        let (record, length) = try whole(at: position)
        position += length
        isInDamage = false
        return .record(record)
      } catch let error as LogError { throw error } catch let flaw as Flaw {
        damage = WALDamage(offset: offset, reason: flaw.reason)
        if !seeks { position += flaw.length ?? buffer.count - position }
        if seeks { position += try follows(flaw) ?? 1 }
      } catch { throw .corrupt("\(error)") }
      let isNew = !isInDamage
      isInDamage = true
      if isNew { return .corrupt(damage) }
    }
    return nil
  }

  /// The length of a damaged record, if a good one follows.
  private mutating func follows(_ flaw: Flaw) throws(LogError) -> Int? {
    guard let length = flaw.length, try has(length + 1), try record(at: position + length) != nil else { return nil }
    return length
  }

  /// The next good record, wherever it begins.
  private mutating func seek() throws(LogError) -> TimedWALMessage? {
    while try has(10) {
      if let (record, length) = try record(at: position) {
        position += length
        isInDamage = false
        return record
      }
      position += 1
    }
    position = buffer.count
    return nil
  }

  private struct Flaw: Error {
    var reason: String
    /// Of the record with its head, or of the head where it claims too much; nil where the file ends.
    var length: Int?
  }

  /// The record that begins at a place of the buffer, with its length.
  /// - Throws: what is wrong with it, and what the source throws.
  private mutating func whole(at start: Int) throws -> (record: TimedWALMessage, length: Int) {
    let ahead = start - position
    guard try has(ahead + 8) else { throw Flaw(reason: "ends in its head") }
    let head = position + ahead
    guard let checksum = UInt32(bigEndianBytes: buffer[head..<head + 4]), let size = UInt32(bigEndianBytes: buffer[head + 4..<head + 8])
    else { throw Flaw(reason: "ends in its head") }
    guard size <= WALCoding.limit else { throw Flaw(reason: "claims \(size) bytes", length: 8) }
    let length = 8 + Int(size)
    guard try has(ahead + length) else { throw Flaw(reason: "is cut off") }
    let data = buffer[position + ahead + 8..<position + ahead + length]
    if data.isEmpty { throw Flaw(reason: "holds no message", length: 8) }  // zeros: there may be millions
    guard CRC32C.checksum(data) == checksum else { throw Flaw(reason: "has another checksum", length: length) }
    let record: TimedWALMessage
    do { record = try TimedWALMessage(protobuf: Array(data)) } catch { throw Flaw(reason: "does not decode: \(error)", length: length) }
    guard record.message?.kind != nil else { throw Flaw(reason: "holds no message", length: length) }
    return (record, length)
  }

  /// The record that begins at a place of the buffer, if one does. Cheap where none does.
  private mutating func record(at start: Int) throws(LogError) -> (record: TimedWALMessage, length: Int)? {
    let ahead = start - position
    guard try has(ahead + 10) else { return nil }
    let head = position + ahead
    // Every record begins with its time: field 1, at most 17 bytes.
    guard buffer[head + 4] == 0, buffer[head + 8] == 0x0a, buffer[head + 9] <= 17,
      let size = UInt32(bigEndianBytes: buffer[head + 4..<head + 8]), size <= WALCoding.limit, vainBytes >= size
    else { return nil }
    do { return try whole(at: head) } catch let error as LogError { throw error } catch {
      vainBytes -= Int(size)
      return nil
    }
  }

  /// Whether so many bytes follow.
  private mutating func has(_ count: Int) throws(LogError) -> Bool {
    while buffer.count - position < count, !isAtEnd {
      let piece = try more()
      isAtEnd = piece.isEmpty
      buffer.removeFirst(position)
      base += position
      position = 0
      buffer += piece
    }
    return buffer.count - position >= count
  }
}
