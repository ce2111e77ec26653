public import OasisTypes

// The Oasis consensus layer as a state machine (sheet 03): services over one Merklized state, driven by CometBFT.
//
// `Framework/` is what services are built from, `Application/` runs them, and each service has a folder of its own. How to write one:
//
//   // 1. Its types are in OasisTypes/<Service>/ (file names must be unique in a module: `RegistryGenesis.swift`, not `Genesis.swift`).
//   // 2. Its state, listed once and opened on the tree that it shall be written to (`Framework/StateMap.swift`):
//   public struct CounterState {
//     static let parameters = StateMap<CounterParameters>(0x90)            // one key, CBOR
//     static let counters = StateMap<Counter, Hashed<PublicKey>>(0x91)     // prefix, H(key); CBOR
//     static let due = StateSet<UInt64, Address>(0x92)                     // prefix, epoch, address; no value
//     let tree: StateTree
//     func counter(_ key: PublicKey) throws -> Counter? { try Self.counters.get(tree, Hashed(key)) }
//   }
//   // 3. Its events:
//   extension CountedEvent: ServiceEvent {
//     public static var service: String { CounterService.name }
//     public static var kind: String { "counted" }
//   }
//   // 4. The service:
//   public final class CounterService: Service {
//     public static let name = "450_counter"
//     public var name: String { Self.name }
//     public var priority: Int64 { 1000 }
//     public var methods: [Method] {
//       [Method("counter.Count", Count.self, malformed: .counterInvalidArgument) { try self.count($0, $1) }]
//     }
//     public func subscribe(to messages: MessageDispatcher) {                // in the reference's registration order
//       messages.subscribe(.changeParameters, of: self) { context, change in … }
//     }
//     public func initChain(_ context: Context, _ request: InitChainRequest) throws {
//       let genesis: CounterGenesis = try request.genesis.required("counter")
//       …
//     }
//     func count(_ context: Context, _ body: Count) throws {
//       if context.isCheckOnly { return }                                    // as each method of the sheets says
//       let state = CounterState(tree: context.state)
//       try context.gas.use(1, "count", parameters.gasCosts)
//       if context.isSimulation { return }
//       …
//       CounterState.counters.set(context.state, Hashed(context.signer), to: counter)
//       context.emit(CountedEvent(…))
//     }
//     public func endBlock(_ context: Context) throws -> [ValidatorChange] {
//       if let epoch = try context.newEpoch() { … }
//       return []
//     }
//     public func exportGenesis(_ state: StateTree, _ request: ExportRequest) throws -> [GenesisSection] { … }
//   }
//
// Errors: throw an `AppError` with module and code; any other error counts as `unknown`/1 (its text is free). Results that come from missing
// or damaged state are `StateError`s and end the block. Writes before a failure stay, unless made in `context.transaction { … }`.
// Other services: their state through their state type (`StakingState(context.state)`), their decisions through messages
// (`context.publish(.runtimeUpdated, runtime)`; the publisher declares the kind), their methods through `context.subcall`.
// Values for one block: `context.block?[MyBlockValue.self]`. Nested contexts: `context.child`, `context.transaction`, `context.openTransaction`.
// Parameters may be set in InitChain and EndBlock only: `try context.requireParameterChangeAllowed()`.

/// The services of the consensus layer.
public enum ServiceList {
  /// The service whose validator changes count.
  static let electing = "200_scheduler"

  /// Those that exist, in registration order: it decides who hears messages first (sheet 03 §3).
  ///
  /// - Parameters:
  ///   - commitments: hears of executor commitments that are checked for the mempool, before they are verified.
  public static func all(commitments: ((Namespace, RootHash.ExecutorCommitment) -> Void)? = nil) -> [any Service] {
    [
      BeaconService(),
      GovernanceService(),
      KeyManagerService(),
      RegistryService(),
      RootHashService(observer: commitments),
      SchedulerService(),
      StakingService(),
      VaultService(),
    ]
  }
}
