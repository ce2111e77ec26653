public import OasisCrypto

/// Turns proofs into partial trees whose root hash was checked (sheet 02 §2.3). No recursion: the depth of a proof costs memory only
/// in proportion to its entries.
struct ProofVerifier {
  private struct Frame {
    var node: Ref
    var stage: Int  // which child comes next: 0 embedded leaf, 1 left, 2 right
  }

  private let arena: Arena
  private var hasher = NodeHasher()

  init(arena: Arena) { self.arena = arena }

  func deallocate() { hasher.deallocate() }

  /// The top node of the partial tree that a proof describes.
  mutating func verify(_ proof: Proof, root: Hash) throws(MKVSError) -> Ref {
    guard proof.version <= 1 else { throw .verifierUnsupportedVersion(proof.version) }
    guard proof.untrustedRoot == root else { throw .unexpectedProofRoot(got: proof.untrustedRoot, expected: root) }
    guard !proof.entries.isEmpty else { throw .emptyProof }
    let firstStage = proof.version == 0 ? 1 : 0
    var frames: [Frame] = []
    var position = 0
    while true {
      guard position < proof.entries.count else { throw .malformedProof }
      var done = try node(proof.entries[position], version: proof.version)
      position += 1
      if done.kind == .inner {
        frames.append(Frame(node: done, stage: firstStage))
        continue
      }
      // A complete node goes to its parent, which may thereby be complete in turn.
      while let frame = frames.last {
        let parent = arena.inner(frame.node)
        switch frame.stage {
        case 0: parent.pointee.leaf = done
        case 1: parent.pointee.left = done
        default: parent.pointee.right = done
        }
        guard frame.stage == 2 else {
          frames[frames.count - 1].stage += 1
          break
        }
        parent.pointee.hash = arena.computeHash(parent, &hasher)
        parent.pointee.flags = .hashKnown
        done = frame.node
        frames.removeLast()
      }
      guard frames.isEmpty else { continue }
      guard position == proof.entries.count else { throw .unusedProofEntries }
      let hash = arena.hash(done).hash
      guard hash == root else { throw .badRoot(got: hash, expected: root) }
      return done
    }
  }

  private mutating func node(_ entry: [UInt8]?, version: UInt16) throws(MKVSError) -> Ref {
    guard let entry else { return .none }
    guard let kind = entry.first else { throw .malformedProof }
    switch kind {
    case 1:
      let ref = try deserialize(entry)
      if ref.kind == .inner {
        // The children come from the entries that follow, whatever the node's bytes say.
        let node = arena.inner(ref)
        node.pointee.left = .none
        node.pointee.right = .none
        if version > 0 { node.pointee.leaf = .none }
      }
      return ref
    case 2:
      guard entry.count == 33 else { throw .malformedProof }
      return arena.link(entry.withUnsafeBufferPointer { $0.baseAddress.map { NodeHash(reading: $0 + 1) } ?? .empty })
    default: throw .unexpectedProofEntry(kind)
    }
  }

  private mutating func deserialize(_ entry: [UInt8]) throws(MKVSError) -> Ref {
    let result: Result<Ref, MKVSError> = entry.withUnsafeBufferPointer { bytes in
      do throws(MKVSError) {
        return .success(try arena.deserialize(UnsafeBufferPointer(rebasing: bytes.dropFirst()), &hasher))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }
}

extension Proof {
  /// Checks the proof against a trusted root; the tree then answers for what the proof covers.
  ///
  /// A key outside of it throws ``MKVSError/nodeMissing(_:)``: the proof says nothing about it.
  public func verify(root: Root) throws(MKVSError) -> Tree {
    let arena = Arena()
    var verifier = ProofVerifier(arena: arena)
    defer { verifier.deallocate() }
    arena.root.pointee = try verifier.verify(self, root: root.hash)
    return Tree(verified: arena, root: root)
  }

  /// Checks the proof against a trusted hash and lists the pairs it contains, in key order.
  public func verifyToWriteLog(root: Hash) throws(MKVSError) -> WriteLog {
    let arena = Arena()
    var verifier = ProofVerifier(arena: arena)
    defer { verifier.deallocate() }
    var log = WriteLog()
    var stack = [try verifier.verify(self, root: root)]
    while let ref = stack.popLast() {
      switch ref.kind {
      case .none, .stub: break
      case .leaf: log.append(LogEntry(arena.key(arena.leaf(ref)), arena.value(arena.leaf(ref))))
      case .inner:
        let node = arena.inner(ref)
        stack.append(node.pointee.right)
        stack.append(node.pointee.left)
        stack.append(node.pointee.leaf)
      }
    }
    return log
  }
}
