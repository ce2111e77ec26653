internal import CLinux
internal import Foundation
internal import Glibc
internal import Telemetry

/// What the operating system says of this process, read on a timer. Names: sheet 09 §7.2, and those of Prometheus's own collector.
struct ProcessMetrics: Sendable {
  private let userTime: Gauge, systemTime: Gauge
  private let virtualSize: Gauge, anonymous: Gauge, files: Gauge, shared: Gauge
  private let read: Gauge, written: Gauge, disk: Gauge
  private let received: Gauge, receivedPackets: Gauge, transmitted: Gauge, transmittedPackets: Gauge
  private let cpu: Counter
  private let resident: Gauge, wholeVirtual: Gauge, openFiles: Gauge, mostFiles: Gauge, start: Gauge

  init(_ registry: MetricsRegistry) {
    let stat = "as reported by /proc/<PID>/stat (seconds)."
    userTime = registry.gauge("oasis_node_cpu_utime_seconds", help: "CPU user time spent by worker \(stat)")
    systemTime = registry.gauge("oasis_node_cpu_stime_seconds", help: "CPU system time spent by worker \(stat)")
    let status = "of worker as reported by /proc/<PID>/status (bytes)."
    virtualSize = registry.gauge("oasis_node_mem_vm_size_bytes", help: "Virtual memory size \(status)")
    anonymous = registry.gauge("oasis_node_mem_rss_anon_bytes", help: "Size of resident anonymous memory \(status)")
    files = registry.gauge("oasis_node_mem_rss_file_bytes", help: "Size of resident file mappings \(status)")
    shared = registry.gauge("oasis_node_mem_rss_shmem_bytes", help: "Size of resident shared memory \(status)")
    let io = "by the worker as reported by /proc/<PID>/io (bytes)."
    read = registry.gauge("oasis_node_disk_read_bytes", help: "Read data from block storage \(io)")
    written = registry.gauge("oasis_node_disk_written_bytes", help: "Written data from block storage \(io)")
    disk = registry.gauge("oasis_node_disk_usage_bytes", help: "Size of datadir of the worker (bytes).")
    func device(_ name: String, _ what: String) -> Gauge {
      registry.gauge(
        "oasis_node_net_\(name)_total", help: "\(what) for each network device as reported by /proc/net/dev.", labels: ["device"])
    }
    received = device("receive_bytes", "Received data (bytes)")
    receivedPackets = device("receive_packets", "Received data (packets)")
    transmitted = device("transmit_bytes", "Transmitted data (bytes)")
    transmittedPackets = device("transmit_packets", "Transmitted data (packets)")
    cpu = registry.counter("process_cpu_seconds_total", help: "Total user and system CPU time spent in seconds.")
    resident = registry.gauge("process_resident_memory_bytes", help: "Resident memory size in bytes.")
    wholeVirtual = registry.gauge("process_virtual_memory_bytes", help: "Virtual memory size in bytes.")
    openFiles = registry.gauge("process_open_fds", help: "Number of open file descriptors.")
    mostFiles = registry.gauge("process_max_fds", help: "Maximum number of open file descriptors.")
    start = registry.gauge("process_start_time_seconds", help: "Start time of the process since unix epoch in seconds.")
    start.set(Double(time(nil)))
  }

  /// Reads everything but the size of the data directory.
  func collect() {
    collectTimes()
    collectMemory()
    collectIO()
    collectNetwork()
    openFiles.set(Double((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0))
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 { mostFiles.set(Double(limit.rlim_cur)) }
  }

  /// Walks the data directory; costs a look at every file.
  func measureDisk(_ folder: String) {
    var total: UInt64 = 0
    let files = FileManager.default.enumerator(at: URL(fileURLWithPath: folder), includingPropertiesForKeys: [.fileSizeKey])
    for case let file as URL in files ?? .init() {
      total &+= UInt64((try? file.resourceValues(forKeys: [.fileSizeKey]).fileSize) ?? 0)  // &+: no disk is that large
    }
    disk.set(Double(total))
  }

  /// A file of `/proc`; empty where it cannot be read.
  private func text(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }

  private func collectTimes() {
    // After the name in brackets, which may hold anything: state is the first field, the two times are the 12th and 13th.
    let fields = text("/proc/self/stat").split(separator: ")").last.map { $0.split(separator: " ") } ?? []
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return }
    userTime.set(user / 100)
    systemTime.set(system / 100)
    cpu.raise(to: (user + system) / 100)
  }

  private func collectMemory() {
    let lines = Self.values(text("/proc/self/status"))
    func set(_ gauge: Gauge, _ name: String) { if let kilobytes = lines[name] { gauge.set(kilobytes * 1024) } }
    set(virtualSize, "VmSize")
    set(anonymous, "RssAnon")
    set(files, "RssFile")
    set(shared, "RssShmem")
    set(wholeVirtual, "VmSize")
    set(resident, "VmRSS")
  }

  private func collectIO() {
    let lines = Self.values(text("/proc/self/io"))
    if let bytes = lines["read_bytes"] { read.set(bytes) }
    if let bytes = lines["write_bytes"] { written.set(bytes) }
  }

  private func collectNetwork() {
    for line in text("/proc/net/dev").split(separator: "\n").dropFirst(2) {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      let (device, numbers) = (parts[0].drop { $0 == " " }, parts[1].split(separator: " ").map { Double($0) ?? 0 })
      guard numbers.count >= 10 else { continue }
      received.set(numbers[0], String(device))
      receivedPackets.set(numbers[1], String(device))
      transmitted.set(numbers[8], String(device))
      transmittedPackets.set(numbers[9], String(device))
    }
  }

  /// The first number of each line `name: number …`.
  private static func values(_ text: String) -> [String: Double] {
    var values: [String: Double] = [:]
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts.count == 2, let number = parts[1].split(whereSeparator: \.isWhitespace).first.flatMap({ Double($0) }) {
        values[String(parts[0])] = number
      }
    }
    return values
  }
}
