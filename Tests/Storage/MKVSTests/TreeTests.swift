import Bytes
import MKVS
import OasisCrypto
import OasisTypes
import Testing

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

@Suite struct TreeTests {
  func root(_ pairs: [(String, String)]) throws -> String {
    let tree = Tree()
    for (key, value) in pairs { try tree.insert(bytes(key), bytes(value)) }
    return try tree.commit(namespace: Namespace(), version: 1).root.hash.hex
  }

  func numbered(_ count: Int) -> [(String, String)] { (0..<count).map { ("key \($0)", "value \($0)") } }

  /// Sheet 02 §8.2.
  @Test func rootHashes() throws {
    #expect(try root([]) == "c672b8d1ef56ed28ab87c3622c5114069bdd3ad7b8f9737498d0c01ecef0967a")
    #expect(try root([("foo", "bar")]) == "db67c0572006673b488342a45e6590a75e8919265e6da706c80c6b2776017aa7")
    #expect(try root([("foo", "bar"), ("moo", "foo")]) == "e627581db43e18410a52793e662e4f21ae6a4fca14e16915a85ec4c3e3e41a13")
    #expect(try root(numbered(10)) == "59e67c2fdc08b8e10dd08bb6b8efe614fcc965ecb89625f97f17f87f07104613")
    #expect(try root(numbered(11)) == "a940b9ded7621a2b10497c846f46dc7778397979551d71bee2c07a9319e6aa45")
    #expect(try root(numbered(1000)) == "2187c55627819b60069888ba86f83dc2a9f50c827624b0e31e31261806300ede")
    #expect(try root([("", "empty value")]) == "41ed4b756a9e152eece3b84746cadcb0698e7e81ac2f81b9871463b96d337936")
    #expect(try root([("foo", "")]) == "942ecb5c6b3ba916fa8b557ce05865c10d19493a74e340c2457a4efd2df151c9")
  }

  @Test func longKeysAndBack() throws {
    let key = bytes("Unlock the potential of your data without compromising security or privacy")
    let value = bytes(
      "The platform that puts data privacy first. From sharing medical records, to analyzing personal financial information, to training machine learning models, the Oasis platform supports applications that use even the most sensitive data without compromising privacy or performance."
    )
    let tree = Tree()
    var roots: [Hash] = [.empty]
    for count in 1...key.count {
      try tree.insert(Array(key.prefix(count)), value)
      roots.append(try tree.rootHash())
    }
    #expect(roots.last?.hex == "d829bb244a709bacf33bc2d8b4a016592e5310a10910aa980ef91cb3b4347dcb")
    for count in key.indices.reversed() {
      try tree.remove(Array(key.prefix(count + 1)))
      #expect(try tree.rootHash() == roots[count])
    }
  }

  @Test func refusesUseAfterClosing() throws {
    let tree = Tree()
    tree.close()
    #expect(throws: MKVSError.closed) { try tree.get([1]) }
    #expect(throws: MKVSError.closed) { try tree.insert([1], [1]) }
    #expect(throws: MKVSError.keyTooLong(8192)) { try Tree().insert([UInt8](repeating: 1, count: 8192), []) }
  }

  /// A tree and two overlays against a dictionary and a naive root.
  @Test func agreesWithASlowModel() throws {
    var random = SplitMix(state: 11)
    for _ in 0..<60 {
      let tree = Tree()
      var model: [[UInt8]: [UInt8]] = [:]
      for version in 0..<UInt64(12) {
        let block = Overlay(tree)
        let transaction = Overlay(block)
        for _ in 0..<random.below(40) {
          let target: any KeyValueTree = [tree, block, transaction][random.below(3)]
          let key = random.bytes(random.below(4))
          // An overlay hides what is written below it: only keys that nothing above has touched may change there.
          if target === tree, block.changes.contains(where: { $0.key == key }) { continue }
          if target !== transaction, transaction.changes.contains(where: { $0.key == key }) { continue }
          switch random.below(4) {
          case 0:
            #expect(try target.removeExisting(key) == model[key])
            model[key] = nil
          case 1: #expect(try target.get(key) == model[key])
          default:
            let value = random.bytes(random.below(3))
            try target.insert(key, value)
            model[key] = value
          }
        }
        let from = random.bytes(random.below(3))
        let iterator = try transaction.iterator()
        try iterator.seek(from)
        var found: [[UInt8]] = []
        while let pair = try iterator.next() { found.append(pair.key) }
        let sorted = model.keys.sorted { $0.lexicographicallyPrecedes($1) }
        #expect(found == sorted.filter { !$0.lexicographicallyPrecedes(from) })
        try transaction.commit()
        try block.commit()
        let commit = try tree.commit(namespace: Namespace(), version: version)
        #expect(commit.root.hash == naiveRoot(model))
      }
    }
  }
}

/// The root of a set of pairs by the definition (sheet 02 §1.1, §1.3): sorted keys, split by common prefixes.
func naiveRoot(_ pairs: [[UInt8]: [UInt8]]) -> Hash {
  func le(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
  func bit(_ key: [UInt8], _ index: Int) -> Int { Int(key[index / 8] >> UInt8(7 - index % 8)) & 1 }
  func leaf(_ key: [UInt8]) -> Hash {
    let value = pairs[key] ?? []
    return Hash.digest([0] + le(key.count, 4) + key + le(value.count, 4) + value)
  }
  func node(_ keys: [[UInt8]], _ depth: Int) -> Hash {
    guard keys.count > 1 else { return keys.first.map(leaf) ?? .empty }
    var end = depth
    while keys.allSatisfy({ $0.count * 8 > end && bit($0, end) == bit(keys[0], end) }) { end += 1 }
    var label = [UInt8](repeating: 0, count: (end - depth + 7) / 8)
    for i in depth..<end where bit(keys[0], i) == 1 { label[(i - depth) / 8] |= 0x80 >> UInt8((i - depth) % 8) }
    let here = keys.first { $0.count * 8 == end }.map(leaf) ?? .empty
    let left = node(keys.filter { $0.count * 8 > end && bit($0, end) == 0 }, end)
    let right = node(keys.filter { $0.count * 8 > end && bit($0, end) == 1 }, end)
    return Hash.digest([1] + le(end - depth, 2) + label + here.bytes + left.bytes + right.bytes)
  }
  return node(Array(pairs.keys), 0)
}

struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }

  mutating func below(_ bound: UInt64) -> Int { Int(next() % bound) }
  mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in [0x00, 0x01, 0x80, 0xff, 0x7f, 0x40][below(6)] }
  }
}
