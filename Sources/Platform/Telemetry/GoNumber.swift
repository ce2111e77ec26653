/// A number as Go prints it in its shortest form: with an exponent from `limit` digits on (6 in metrics, 21 in logs) or below 1e-4.
func goNumber(_ value: Double, limit: Int) -> String {
  if value.isNaN { return "NaN" }
  if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
  if value == 0 { return value.sign == .minus ? "-0" : "0" }
  let (digits, exponent) = shortestDigits(value.magnitude)
  let sign = value < 0 ? "-" : ""
  if exponent < -4 || exponent >= limit {
    let fraction = digits.dropFirst().isEmpty ? "" : "." + String(digits.dropFirst())
    let size = exponent.magnitude < 10 ? "0\(exponent.magnitude)" : "\(exponent.magnitude)"
    return "\(sign)\(digits.prefix(1))\(fraction)e\(exponent < 0 ? "-" : "+")\(size)"
  }
  if exponent < 0 { return sign + "0." + String(repeating: "0", count: -exponent - 1) + digits }
  if digits.count <= exponent + 1 { return sign + digits + String(repeating: "0", count: exponent + 1 - digits.count) }
  return sign + digits.prefix(exponent + 1) + "." + digits.dropFirst(exponent + 1)
}

/// The shortest digits that give `value` back, and the exponent of the first one.
private func shortestDigits(_ value: Double) -> (digits: String, exponent: Int) {
  // The standard library's description is the shortest that round-trips; only its layout differs.
  let parts = value.description.split(separator: "e")
  let mantissa = parts[0].split(separator: ".")
  let whole = String(mantissa[0])
  let fraction = mantissa.count > 1 ? String(mantissa[1]) : ""
  let shift = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
  let all = whole + fraction
  let leading = all.prefix { $0 == "0" }.count
  var digits = String(all.dropFirst(leading))
  while digits.count > 1, digits.hasSuffix("0") { digits.removeLast() }
  return (digits, whole.count - 1 - leading + shift)
}
