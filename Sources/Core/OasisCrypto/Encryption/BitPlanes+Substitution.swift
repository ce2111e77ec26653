/// The AES S-box as a circuit of 115 gates: J. Boyar, R. Peralta, "A depth-16 circuit for the AES S-box" (2011).
extension BitPlanes {
  /// Replaces every byte.
  mutating func substitute() {
    let x = InlineArray<8, Plane> { planes[7 - $0] }  // the circuit counts from the highest bit
    let top = SubstitutionTop(x)
    let products = SubstitutionMiddle(top, lowest: x[7]).products(top, lowest: x[7])
    setOutputs(products)
  }

  /// The linear layer behind the products.
  private mutating func setOutputs(_ z: InlineArray<18, Plane>) {
    let (t46, t47, t48, t49) = (z[15] ^ z[16], z[10] ^ z[11], z[5] ^ z[13], z[9] ^ z[10])
    let (t50, t51, t52, t53) = (z[2] ^ z[12], z[2] ^ z[5], z[7] ^ z[8], z[0] ^ z[3])
    let (t54, t55, t56, t57) = (z[6] ^ z[7], z[16] ^ z[17], z[12] ^ t48, t50 ^ t53)
    let (t58, t59, t60, t61) = (z[4] ^ t46, z[3] ^ t54, t46 ^ t57, z[14] ^ t57)
    let (t62, t63, t64) = (t52 ^ t58, t49 ^ t58, z[4] ^ t59)
    let (t65, t66) = (t61 ^ t62, z[1] ^ t63)
    let t67 = t64 ^ t65
    let s3 = t53 ^ t66
    planes[7] = t59 ^ t63
    planes[6] = t64 ^ ~s3
    planes[5] = t55 ^ ~t67
    planes[4] = s3
    planes[3] = t51 ^ t66
    planes[2] = t47 ^ t65
    planes[1] = t56 ^ ~t62
    planes[0] = t48 ^ ~t60
  }
}

/// The linear layer in front: sums of input bits, numbered as in the paper.
private struct SubstitutionTop {
  let y: InlineArray<22, BitPlanes.Plane>

  init(_ x: InlineArray<8, BitPlanes.Plane>) {
    let (y14, y13, y9, y8) = (x[3] ^ x[5], x[0] ^ x[6], x[0] ^ x[3], x[0] ^ x[5])
    let t0 = x[1] ^ x[2]
    let y1 = t0 ^ x[7]
    let (y4, y12, y2, y5) = (y1 ^ x[3], y13 ^ y14, y1 ^ x[0], y1 ^ x[6])
    let (y3, t1) = (y5 ^ y8, x[4] ^ y12)
    let (y15, y20) = (t1 ^ x[5], t1 ^ x[1])
    let (y6, y10, y11) = (y15 ^ x[7], y15 ^ t0, y20 ^ y9)
    let (y7, y17, y19, y16) = (x[7] ^ y11, y10 ^ y11, y10 ^ y8, t0 ^ y11)
    let (y21, y18) = (y13 ^ y16, x[0] ^ y16)
    y = [x[0], y1, y2, y3, y4, y5, y6, y7, y8, y9, y10, y11, y12, y13, y14, y15, y16, y17, y18, y19, y20, y21]
  }
}

/// The inverse in GF(2^4), and with it the products that make the inverse in GF(2^8).
private struct SubstitutionMiddle {
  typealias Plane = BitPlanes.Plane
  private let t29: Plane, t33: Plane, t37: Plane, t40: Plane

  init(_ top: SubstitutionTop, lowest x7: Plane) {
    let y = top.y
    let t2 = y[12] & y[15]
    let (t4, t6) = ((y[3] & y[6]) ^ t2, (y[4] & x7) ^ t2)
    let t7 = y[13] & y[16]
    let (t9, t11) = ((y[5] & y[1]) ^ t7, (y[2] & y[7]) ^ t7)
    let t12 = y[9] & y[11]
    let (t14, t16) = ((y[14] & y[17]) ^ t12, (y[8] & y[10]) ^ t12)
    let (t21, t22) = (t4 ^ t14 ^ y[20], t6 ^ t16 ^ y[19])
    let (t23, t24) = (t9 ^ t14 ^ y[21], t11 ^ t16 ^ y[18])
    let (t25, t26) = (t21 ^ t22, t21 & t23)
    let t27 = t24 ^ t26
    t29 = (t25 & t27) ^ t22
    t33 = ((t22 ^ t26) & (t23 ^ t24)) ^ t24
    let t36 = t24 & (t27 ^ t33)
    t37 = t36 ^ t23 ^ t33
    t40 = t25 ^ (t29 & (t27 ^ t36))
  }

  func products(_ top: SubstitutionTop, lowest x7: Plane) -> InlineArray<18, Plane> {
    let y = top.y
    let (t41, t42, t43, t44) = (t40 ^ t37, t29 ^ t33, t29 ^ t40, t33 ^ t37)
    let t45 = t42 ^ t41
    return [
      t44 & y[15], t37 & y[6], t33 & x7, t43 & y[16], t40 & y[1], t29 & y[7], t42 & y[11], t45 & y[17], t41 & y[10],
      t44 & y[12], t37 & y[3], t33 & y[4], t43 & y[13], t40 & y[5], t29 & y[2], t42 & y[9], t45 & y[14], t41 & y[8],
    ]
  }
}
