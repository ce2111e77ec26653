/// The transactions that the demo sends, each with the answer it must get. The keys are new in every run, so that what earlier runs left
/// behind does not matter.
struct DemoScript {
  struct Step: Equatable {
    var call: KeyValueCall
    var expected: KeyValueResult
  }

  var steps: [Step]

  /// - Parameter run: what makes this run's keys its own
  init(run: String) {
    let (greeting, colour) = ("greeting-\(run)", "colour-\(run)")
    steps = [
      Step(call: .insert(key: greeting, value: "hello"), expected: .success(nil)),
      Step(call: .get(key: greeting), expected: .success("hello")),
      Step(call: .insert(key: greeting, value: "hello again"), expected: .success("hello")),
      Step(call: .insert(key: colour, value: "green"), expected: .success(nil)),
      Step(call: .get(key: colour), expected: .success("green")),
      Step(call: .remove(key: greeting), expected: .success("hello again")),
      Step(call: .get(key: greeting), expected: .success(nil)),
      Step(call: .remove(key: greeting), expected: .success(nil)),
    ]
  }
}
