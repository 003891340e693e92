// The standard normal distribution, to some six digits: enough to say what is by chance.

/** The share of a normal distribution above a value. */
export function shareAbove(value: number): number {
  const at = Math.abs(value)
  // Abramowitz and Stegun 26.2.17 near the middle; far out the first terms of Mills' ratio, which stay exact there.
  const density = Math.exp(-(at * at) / 2) / Math.sqrt(2 * Math.PI)
  const t = 1 / (1 + 0.2316419 * at)
  const near = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  const above = density * (at < 5 ? near : (1 - 1 / (at * at)) / at)
  return value >= 0 ? above : 1 - above
}

/** The value that a share of a normal distribution, between 0 and 1, is above (Newton's method, from a first guess). */
export function valueWithAbove(share: number): number {
  if (share > 0.5) return -valueWithAbove(1 - share)
  const root = Math.sqrt(-2 * Math.log(share))
  // Abramowitz and Stegun 26.2.22.
  let value = root - (2.30753 + 0.27061 * root) / (1 + root * (0.99229 + root * 0.04481))
  for (let step = 0; step < 3; step++) {
    const density = Math.exp(-(value * value) / 2) / Math.sqrt(2 * Math.PI)
    if (density > 0) value += (shareAbove(value) - share) / density
  }
  return value
}

/** How far the greatest, second greatest and so on of so many normal values are from their mean, as a rule (Blom 1958). */
export function expectedAt(rank: number, count: number): number {
  return valueWithAbove((rank - 0.375) / (count + 0.25))
}
