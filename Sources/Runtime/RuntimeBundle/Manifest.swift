internal import Bytes
public import OasisCrypto
public import OasisTypes
public import Wire

/// What a bundle holds (07 A.2). Its hash names the bundle on chain.
public struct Manifest: WireMap, Hashable, Sendable {
  public static let fields: [Field<Self>] = [
    .init("name", \.name, .omitEmpty), .init("id", \.id), .init("version", \.version, .omitEmptyInCBOR),
    .init("executable", \.executable, .omitEmpty), .init("sgx", \.sgx, .omitEmpty), .init("components", \.components, .omitEmpty),
    .init("digests", \.digests),
  ]

  /// The name of the manifest within a bundle.
  public static let fileName = "META-INF/MANIFEST.MF"

  /// A name for people.
  public var name = ""
  /// The runtime.
  public var id = Namespace()
  /// The runtime's version, in the old form that has one for all components.
  public var version = Version()
  /// The main component's program, in the old form.
  public var executable = ""
  /// The main component's SGX files, in the old form.
  public var sgx: SGXMetadata?
  /// The components.
  public var components: [Component] = []
  /// Hash of each file by its name; nil where the manifest says nothing.
  public var digests: [String: Hash]?

  /// An empty manifest, to be filled.
  public init() {}

  /// Whether the main component is described in the old form.
  public var isLegacy: Bool { !executable.isEmpty || sgx != nil }

  /// The components, the one of the old form included.
  public var availableComponents: [Component] {
    if components.contains(where: \.id.isRONL) || !isLegacy { return components }
    var main = Component(kind: .ronl)
    main.version = version
    main.elf = ELFMetadata(executable: executable)
    main.sgx = sgx
    return components + [main]
  }

  /// Whether the components belong to a main component of another bundle.
  public var isDetached: Bool { !availableComponents.contains(where: \.id.isRONL) }

  /// A component, if the manifest has it.
  public func component(_ id: ComponentID) -> Component? { availableComponents.first { $0.id == id } }

  /// The hash that names the bundle (07 A.4).
  public var hash: Hash {
    var plain = self
    // Copying the version at decode must not change the hash.
    if version.packed > 0, let main = plain.components.firstIndex(where: \.id.isRONL) { plain.components[main].version = Version() }
    return Hash.of(plain)
  }

  /// The recommended name of the bundle's file.
  public var generatedFileName: String { "\(hash.hex).orc" }

  /// Reads a manifest, leniently as the reference does, and copies an old-form version into the main component.
  public init(json: [UInt8]) throws(BundleError) {
    do { self = try Self.decode(json: json) } catch { throw BundleError("failed to parse manifest: \(error)") }
    if version.packed > 0, let main = components.firstIndex(where: \.id.isRONL) { components[main].version = version }
  }
}

/// One component of a bundle.
public struct Component: WireMap, Hashable, Sendable {
  public static let fields: [Field<Self>] = [
    .init("kind", \.kind), .init("name", \.name, .omitEmpty), .init("version", \.version, .omitEmptyInCBOR),
    .init("executable", \.executable, .omitEmpty), .init("elf", \.elf, .omitEmpty), .init("sgx", \.sgx, .omitEmpty),
    .init("tdx", \.tdx, .omitEmpty), .init("identity", \.identities, .omitEmpty), .init("disabled", \.isDisabled, .omitEmpty),
  ]

  /// `ronl` or `rofl`.
  public var kind = ""
  /// The name; empty for the main component.
  public var name = ""
  /// The component's version.
  public var version = Version()
  /// The program, in the old form.
  public var executable = ""
  /// The program for a sandbox without TEE.
  public var elf: ELFMetadata?
  /// The files for SGX.
  public var sgx: SGXMetadata?
  /// The files for TDX.
  public var tdx: TDXMetadata?
  /// Known enclave identities; else they follow from the files.
  public var identities: [Identity] = []
  /// Do not run it unless the operator says so.
  public var isDisabled = false

  /// An empty component, to be filled.
  public init() {}

  /// A component of a kind.
  public init(kind: ComponentID.Kind, name: String = "") { (self.kind, self.name) = (kind.rawValue, name) }

  /// Its identifier.
  public var id: ComponentID { ComponentID(kind: kind, name: name) }

  /// The program to run without TEE, if there is one.
  public var elfExecutable: String? { elf.map(\.executable) ?? (executable.isEmpty ? nil : executable) }

  /// The hardware it is made for.
  public var teeKind: TEEKind { tdx != nil ? .tdx : sgx != nil ? .sgx : .none }

  /// Whether its sandbox has the network.
  public var isNetworkAllowed: Bool { kind == ComponentID.Kind.rofl.rawValue }

  /// Names of the volumes it cannot run without.
  public var requiredVolumes: [String] {
    guard let tdx, !tdx.stage2Image.isEmpty, tdx.isStage2Persistent else { return [] }
    return [tdx.stage2Image]
  }
}

/// A program for a sandbox without TEE.
public struct ELFMetadata: WireMap, Hashable, Sendable {
  public static let fields: [Field<Self>] = [.init("executable", \.executable)]

  /// Name of the file.
  public var executable = ""

  /// No program.
  public init() {}

  /// A program.
  public init(executable: String) { self.executable = executable }
}

/// The files of an SGX enclave.
public struct SGXMetadata: WireMap, Hashable, Sendable {
  public static let fields: [Field<Self>] = [.init("executable", \.executable), .init("signature", \.signature)]

  /// Name of the `.sgxs` file.
  public var executable = ""
  /// Name of the SIGSTRUCT file; empty where it is not signed.
  public var signature = ""

  /// No files.
  public init() {}
}

/// The files and needs of a TDX virtual machine.
public struct TDXMetadata: WireMap, Hashable, Sendable {
  public static let fields: [Field<Self>] = [
    .init("firmware", \.firmware), .init("kernel", \.kernel, .omitEmpty), .init("initrd", \.initrd, .omitEmpty),
    .init("extra_kernel_options", \.extraKernelOptions, .omitEmpty), .init("stage2_image", \.stage2Image, .omitEmpty),
    .init("stage2_format", \.stage2Format, .omitEmpty), .init("stage2_persist", \.isStage2Persistent, .omitEmpty),
    .init("resources", \.resources),
  ]

  /// Name of the firmware file.
  public var firmware = ""
  /// Name of the kernel file.
  public var kernel = ""
  /// Name of the initial RAM disk.
  public var initrd = ""
  /// Options for the kernel's command line.
  public var extraKernelOptions: [String] = []
  /// Name of the image of the second stage.
  public var stage2Image = ""
  /// Its format: empty or `raw`, or `qcow2`.
  public var stage2Format = ""
  /// Whether the second stage keeps its changes.
  public var isStage2Persistent = false
  /// What the machine needs.
  public var resources = TDXResources()

  /// No files.
  public init() {}
}

/// What a TDX virtual machine needs.
public struct TDXResources: WireMap, Hashable, Sendable {
  public static let fields: [Field<Self>] = [.init("memory", \.memory), .init("cpus", \.cpus), .init("gpu", \.gpu, .omitEmpty)]

  /// Memory in MiB.
  public var memory: UInt64 = 0
  /// Processors.
  public var cpus: UInt8 = 0
  /// Graphics processors.
  public var gpu: GPUResource?

  /// No needs.
  public init() {}
}

/// The graphics processors a machine needs.
public struct GPUResource: WireMap, Hashable, Sendable {
  public static let fields: [Field<Self>] = [.init("model", \.model, .omitEmpty), .init("count", \.count)]

  /// The model.
  public var model = ""
  /// How many.
  public var count: UInt8 = 0

  /// None.
  public init() {}
}

/// An enclave identity that a component may have.
public struct Identity: WireMap, Hashable, Sendable {
  public static let fields: [Field<Self>] = [.init("hypervisor", \.hypervisor, .omitEmpty), .init("enclave", \.enclave)]

  /// The hypervisor it is for.
  public var hypervisor = ""
  /// The identity.
  public var enclave = EnclaveIdentity()

  /// No identity.
  public init() {}
}
