/** Something that comes after others, by their ids. */
export interface Node {
  id: string
  after: string[]
}

/**
 * The ids in an order in which each comes after what it is `after`, as far as that is among them; or a circle, as the ids
 * on it, each before what it is after.
 */
export function orderOf(nodes: Node[]): { order: string[] } | { circle: string[] } {
  const waiting = new Map(nodes.map((node) => [node.id, node]))
  const order: string[] = []
  for (const { id } of nodes) {
    const path = [id]
    for (let last = path.at(-1); last !== undefined; last = path.at(-1)) {
      const next = waiting.get(last)?.after.find((other) => waiting.has(other))
      if (next === undefined) {
        if (waiting.delete(last)) order.push(last)
        path.pop()
      } else if (path.includes(next)) {
        return { circle: path.slice(path.indexOf(next)) }
      } else path.push(next)
    }
  }
  return { order }
}
