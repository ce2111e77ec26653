internal import Glibc
internal import RuntimeProtocol

/// Runs a ParaTime under a host: the `main` of a guest program.
///
/// ```swift
/// Guest.run(MyParaTime())  // does not return
/// ```
/// POSIX threads and blocking calls only: Dispatch and `async` do not work in the sandbox (sheet 00, guests).
public enum Guest {
  /// Requests that may wait for each kind of worker; the reader blocks beyond (sheet 07 D.2).
  static let backlog = 1000
  /// Threads for queries and all that is not execution or check; those have one each, since only one of a kind runs at a time.
  static let queryThreads = 4

  /// Connects to the host named by `OASIS_WORKER_HOST`, serves it until it closes the connection, and ends the process.
  public static func run(_ paraTime: any ParaTime, log: GuestLog = GuestLog()) -> Never {
    guard let path = getenv("OASIS_WORKER_HOST").map({ String(cString: $0) }) else {
      log.error("OASIS_WORKER_HOST is not set: this program is started by an Oasis node")
      exit(1)
    }
    do throws(CallError) {
      log.info("Runtime is starting")
      serve(paraTime, try HostConnection(path: path, log: log), log: log)
    } catch {
      log.error("Failed to connect with the worker host", ["err": error.message])
      exit(1)
    }
    log.info("Protocol handler terminated, shutting down")
    exit(0)
  }

  /// Serves a host on a connection until it ends.
  public static func serve(_ paraTime: any ParaTime, _ connection: HostConnection, log: GuestLog = GuestLog()) {
    let dispatcher = Dispatcher(paraTime, host: connection)
    let execution = JobQueue(), checks = JobQueue(), others = JobQueue()
    let queues = [execution, checks] + [JobQueue](repeating: others, count: queryThreads)
    for queue in queues {
      let started = startThread {
        while true { work(queue.pop(), dispatcher, connection, log) }
      }
      if !started { abort("a thread could not be started", log) }
    }
    connection.run { id, request in
      switch request {
      case .runtimePingRequest, .runtimeInfoRequest, .runtimeShutdownRequest, .runtimeAbortRequest:
        // Answered here, so that they are prompt under load; none of them calls the host.
        work(Job(id: id, request: request), dispatcher, connection, log)
      case .runtimeExecuteTxBatchRequest: execution.push(Job(id: id, request: request))
      case .runtimeCheckTxBatchRequest: checks.push(Job(id: id, request: request))
      default: others.push(Job(id: id, request: request))
      }
    }
  }

  // Not inlined: an endless loop around it would leak under -O (design/swift-notes, compiler leak).
  @inline(never)
  private static func work(_ job: Job, _ dispatcher: Dispatcher, _ connection: HostConnection, _ log: GuestLog) {
    do throws(GuestAbort) {
      connection.answer(job.id, try dispatcher.answer(job.request))
    } catch {
      abort(error.description, log)
    }
  }

  private static func abort(_ reason: String, _ log: GuestLog) -> Never {
    log.error("Runtime aborts", ["err": reason])
    exit(1)
  }
}

struct Job: Sendable {
  var id: UInt64
  var request: Body
}

/// Jobs in their order, with a limit.
final class JobQueue: Sendable {
  private struct State {
    var jobs: [Job] = []
    var next = 0
    var count: Int { jobs.count - next }
  }
  private let state = Monitor(State())

  func push(_ job: Job) {
    state.wait { state -> Void? in
      guard state.count < Guest.backlog else { return nil }
      state.jobs.append(job)
      return ()
    }
  }

  func pop() -> Job {
    state.wait { state -> Job? in
      guard state.count > 0 else { return nil }
      let job = state.jobs[state.next]
      state.next += 1
      if state.next > 64 {
        state.jobs.removeFirst(state.next)
        state.next = 0
      }
      return job
    }
  }
}
