/// The tweakable block cipher Deoxys-BC-384 (Deoxys v1.43 §3): 16 AES rounds under round keys of key and tweak.
struct DeoxysBC: Sendable {
  typealias Block = SIMD16<UInt8>

  /// For every round the part of its key that does not depend on the tweak.
  private let roundKeys: [Block]
  private static let rounds = 16

  /// A cipher with a key of 32 bytes.
  init(key: [UInt8]) {
    precondition(key.count == 32, "a Deoxys-BC-384 key has 32 bytes beside the tweak")
    var (second, third) = (Block(key[16...]), Block(key[..<16]))
    var keys: [Block] = []
    for round in 0...Self.rounds {
      let constant = Self.constants[round]
      keys.append(second ^ third ^ Block(1, 2, 4, 8, constant, constant, constant, constant, 0, 0, 0, 0, 0, 0, 0, 0))
      second = Self.permute(Self.stepSecond(second))
      third = Self.permute(Self.stepThird(third))
    }
    roundKeys = keys
  }

  /// Encrypts eight blocks, each under its own tweak.
  func encrypt(_ blocks: InlineArray<8, Block>, tweaks: InlineArray<8, Block>) -> InlineArray<8, Block> {
    var (state, tweak) = (BitPlanes(turning: blocks), BitPlanes(turning: tweaks))
    for round in 0...Self.rounds {
      if round > 0 {
        state.applyRound()
        tweak.permute(Self.permute)
      }
      state.add(tweak)
      state.add(BitPlanes(repeating: roundKeys[round]))
    }
    return state.blocks
  }

  /// Encrypts one block.
  func encrypt(_ block: Block, tweak: Block) -> Block {
    encrypt(InlineArray(repeating: block), tweaks: InlineArray(repeating: tweak))[0]
  }

  /// The permutation of bytes between rounds.
  private static func permute(_ b: Block) -> Block {
    Block(b[1], b[6], b[11], b[12], b[5], b[10], b[15], b[0], b[9], b[14], b[3], b[4], b[13], b[2], b[7], b[8])
  }

  /// Each byte a step further in the shift register of the second tweakey word: up, with bit 7 + bit 5 coming in.
  private static func stepSecond(_ block: Block) -> Block {
    (block &<< 1) | (((block &>> 7) ^ (block &>> 5)) & 1)
  }

  /// Each byte a step further in that of the third: down, with bit 0 + bit 6 coming in.
  private static func stepThird(_ block: Block) -> Block {
    (block &>> 1) | ((block ^ (block &>> 6)) &<< 7)
  }

  private static let constants: [UInt8] = [
    0x2f, 0x5e, 0xbc, 0x63, 0xc6, 0x97, 0x35, 0x6a, 0xd4, 0xb3, 0x7d, 0xfa, 0xef, 0xc5, 0x91, 0x39, 0x72,
  ]
}
