/** Of things that each come after others, those that never could: they are in a circle, or after one. */
export function inCircles(after: Map<string, string[]>): Set<string> {
  const left = new Set(after.keys())
  const waiting = new Map<string, string[]>()
  const open = new Map<string, number>()
  for (const [id, others] of after) {
    const inside = others.filter((other) => after.has(other))
    open.set(id, inside.length)
    for (const other of inside) waiting.set(other, [...(waiting.get(other) ?? []), id])
  }
  const ready = [...left].filter((id) => open.get(id) === 0)
  for (let id = ready.pop(); id !== undefined; id = ready.pop()) {
    left.delete(id)
    for (const next of waiting.get(id) ?? []) {
      const count = (open.get(next) ?? 0) - 1
      open.set(next, count)
      if (count === 0) ready.push(next)
    }
  }
  return left
}
