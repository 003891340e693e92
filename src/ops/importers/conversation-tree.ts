/** A place in a conversation with what was said there, and what it follows. */
export interface TreeNode<Message> {
  id: string
  parent: string | undefined
  messages: Message[]
}

/** A way through the tree from where it leaves another way to its end. */
export interface TreeLine<Message> {
  /** The first node that is this line's own. */
  first: string
  /** The messages of the line's own nodes, in order. */
  messages: Message[]
  /** The line that it leaves, and how many messages of it come before. Nothing for the line that counts. */
  parent: TreeLine<Message> | undefined
  sharedMessages: number
}

interface Step<Message> {
  node: TreeNode<Message>
  children: Step<Message>[]
  parent: Step<Message> | undefined
}

/**
 * A tree as lines: first the one that leads to `current` (or, without one, to the end that comes last), then every
 * other branch, each after the line that it leaves. Branches in which nothing was said are left out. Nodes that follow
 * what is not there, or themselves, begin a line of their own.
 */
export function linesOf<Message>(nodes: TreeNode<Message>[], current: string | undefined): TreeLine<Message>[] {
  const steps = linkSteps(nodes)
  const roots = [...steps.values()].filter(({ parent }) => parent === undefined)
  const end = (current === undefined ? undefined : steps.get(current)) ?? lastEnd(roots.at(-1))
  const main: TreeLine<Message> = { first: '', messages: [], parent: undefined, sharedMessages: 0 }
  const lines = [main]
  const pending: { start: Step<Message>; leaves: TreeLine<Message>; shared: number }[] = []
  const follow = (line: TreeLine<Message>, path: Step<Message>[]): void => {
    for (const [index, step] of path.entries()) {
      line.messages.push(...step.node.messages)
      const shared = line.sharedMessages + line.messages.length
      for (const child of step.children)
        if (child !== path[index + 1]) pending.push({ start: child, leaves: line, shared })
    }
  }
  const path = end === undefined ? [] : pathTo(end)
  for (const root of roots) if (root !== path[0]) pending.push({ start: root, leaves: main, shared: 0 })
  main.first = path[0]?.node.id ?? ''
  follow(main, path)
  for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
    const { start, leaves, shared } = next
    const line = { first: start.node.id, messages: [], parent: leaves, sharedMessages: shared }
    follow(line, pathTo(lastEnd(start) ?? start, start))
    if (line.messages.length > 0) lines.push(line)
    // What hangs below a line without messages leaves the line above it.
    else for (const each of pending) if (each.leaves === line) each.leaves = leaves
  }
  return lines
}

function linkSteps<Message>(nodes: TreeNode<Message>[]): Map<string, Step<Message>> {
  const steps = new Map<string, Step<Message>>()
  for (const node of nodes) steps.set(node.id, { node, children: [], parent: undefined })
  for (const step of steps.values()) {
    const parent = step.node.parent === undefined ? undefined : steps.get(step.node.parent)
    if (parent === undefined || isBelow(parent, step)) continue
    step.parent = parent
    parent.children.push(step)
  }
  return steps
}

/** Whether `step` is above `from` or the same, so that following it would never end. */
function isBelow<Message>(from: Step<Message>, step: Step<Message>): boolean {
  // A step without children can be above nothing but itself, which keeps this linear for every tree in order.
  if (step.children.length === 0) return from === step
  for (let at: Step<Message> | undefined = from; at !== undefined; at = at.parent) if (at === step) return true
  return false
}

/** The end that one reaches by always taking the last branch. */
function lastEnd<Message>(start: Step<Message> | undefined): Step<Message> | undefined {
  let step = start
  for (let next = step; next !== undefined; next = next.children.at(-1)) step = next
  return step
}

function pathTo<Message>(end: Step<Message>, start?: Step<Message>): Step<Message>[] {
  const path = [end]
  for (let step = end; step !== start && step.parent !== undefined; step = step.parent) path.push(step.parent)
  return path.reverse()
}
