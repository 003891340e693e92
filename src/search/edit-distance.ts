/**
 * How many letters must be put in, left out, changed or swapped with the next to make one word another; `most + 1` when it
 * is more than that (Damerau 1964, each place changed once).
 */
export function editDistance(from: string, to: string, most: number): number {
  if (Math.abs(from.length - to.length) > most) return most + 1
  let before: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let row = 1; row <= from.length; row++) {
    const next = [row]
    for (let column = 1; column <= to.length; column++)
      next.push(cheapest(from, to, { row, column, before, last, next }))
    if (Math.min(...next) > most) return most + 1
    before = last
    last = next
  }
  return Math.min(last[to.length] ?? 0, most + 1)
}

interface Cell {
  row: number
  column: number
  before: number[]
  last: number[]
  next: number[]
}

function cheapest(from: string, to: string, { row, column, before, last, next }: Cell): number {
  const letter = from[row - 1]
  const other = to[column - 1]
  const changed = (last[column - 1] ?? 0) + (letter === other ? 0 : 1)
  const moved = 1 + Math.min(last[column] ?? 0, next[column - 1] ?? 0)
  const isSwap = row > 1 && column > 1 && letter === to[column - 2] && other === from[row - 2]
  return Math.min(changed, moved, isSwap ? (before[column - 2] ?? 0) + 1 : moved)
}
