import AsyncValues
import Testing

@Suite("Mailboxes", .timeLimit(.minutes(2))) struct MailboxTests {
  @Test func keepsTheOrder() async {
    let box = Mailbox<Int>(capacity: 4)
    for value in 0..<4 { #expect(await box.send(value)) }
    #expect(box.count == 4)
    for value in 0..<4 { #expect(await box.next() == value) }
  }

  @Test func aFullOneMakesSendersWait() async {
    let box = Mailbox<Int>(capacity: 2)
    let sender = Task { for value in 0..<1000 { await box.send(value) } }
    for value in 0..<1000 {
      #expect(box.count <= 2)
      #expect(await box.next() == value)
    }
    await sender.value
  }

  @Test func manySenders() async {
    let box = Mailbox<Int>(capacity: 3)
    let total = await withTaskGroup(of: Int.self) { group in
      for sender in 0..<20 {
        group.addTask {
          for value in 0..<50 { await box.send(sender * 50 + value) }
          return 0
        }
      }
      group.addTask {
        var sum = 0
        for _ in 0..<1000 { sum += await box.next() ?? 0 }
        return sum
      }
      return await group.reduce(0, +)
    }
    #expect(total == 999 * 1000 / 2)
  }

  @Test func cancellingEndsWaiting() async {
    let box = Mailbox<Int>(capacity: 1)
    let receiver = Task { await box.next() }
    receiver.cancel()
    #expect(await receiver.value == nil)
    await box.send(1)
    let sender = Task { await box.send(2) }
    sender.cancel()
    #expect(await sender.value == false)
    #expect(await box.next() == 1)
  }

  @Test func closingGivesWhatIsThere() async {
    let box = Mailbox<Int>(capacity: 2)
    await box.send(1)
    box.close()
    #expect(await box.send(2) == false)
    #expect(await box.next() == 1)
    #expect(await box.next() == nil)
  }
}
