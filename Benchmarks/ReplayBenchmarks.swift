import ChainReplay
import ConsensusApp
import Foundation
import KeyValueStore
import MKVSDatabase
import OasisTypes
import RocksDBStore

/// Every block of a recorded chain through the application, its results compared, its state committed to RocksDB.
///
/// Reading and comparing the recording is part of the time. The reference's figure is a sync from a peer on the same machine: it also
/// fetches, stores and verifies blocks.
func measureReplay(_ name: String, _ report: inout Report) throws {
  let folder = "\(Environment.golden)/chains/\(name)"
  guard FileManager.default.fileExists(atPath: folder) else {
    return report.add(name, "–", note: "not measured: no \(folder)")
  }
  var options = NodeDatabase.Options()
  options.discardWriteLogs = true
  let directory = "\(Environment.scratch)/replay-\(name)"
  let database = try NodeDatabase(store: RocksDBStore(directory: directory), namespace: Namespace(), options: options)
  let chain = try RecordedChain(folder: folder)
  let replay = try ChainReplay(chain, store: MKVSStateStore(database))
  replay.checksExports = false
  let samples = try once { try replay.run() }
  let reference = name == "basic" ? (rate: "91 blocks/s", memory: "355 MB") : (rate: "92–100 blocks/s", memory: "912 MB")
  let progress = replay.progress
  report.add(
    "\(name), \(progress.blocks) blocks, \(progress.transactions) txs", samples, note: "equal in \(progress.events) events and all roots")
  report.add(
    "rate", "\(Text.digits(Double(progress.blocks) / samples.wall[0])) /s", reference: reference.rate, note: "Go: sync from a peer")
  report.add("peak memory", Text.size(peakMemory), reference: reference.memory)
  database.close()
  report.add("disk", Text.size(diskUse(directory)), note: "with write-ahead log")
}
