import { clipMarked } from './text-width.mjs'
import { shortAddress, shortDay } from './words.mjs'

const kindOf = { semantic: 'fact', episodic: 'episode', procedural: 'how-to' }

/** Asks as somebody, timed; each hit comes with the memory or the turn it is, and the turn that it comes from. */
export async function ask({ meter, turns }, person, { text, ...options }) {
  const { hits } = await meter.search(() => person.search(text, options))
  return Promise.all(
    hits.map(async (hit) => {
      if (hit.kind === 'event') return { hit, kind: 'turn', turn: turns.get(hit.ref.eventId), source: hit.ref.eventId }
      const { namespace, key, version } = hit.ref
      const memory = await person.memories.get(namespace, key, { version })
      return { hit, kind: kindOf[memory.type], memory, source: memory.metadata.source }
    }),
  )
}

/** A found thing as a row: what it is, where it comes from, and the passage. Its kind only where there is room. */
export function rowOfFound({ stage: { paint, width } }, { hit, kind, memory, turn, source }) {
  const where = memory
    ? `${shortAddress(memory)} v${memory.version} ← ${source ?? 'nobody'}`
    : `${source} ${turn?.speaker ?? 'state'}, ${shortDay(hit.time)}`
  const row = [
    { text: where, paint: memory ? paint.cyan : undefined },
    { draw: (room) => clipMarked(hit.snippet, room, (part) => paint.bold(paint.underline(part))) },
  ]
  return width < 100 ? row : [{ text: kind, paint: memory ? paint.cyan : paint.dim }, ...row]
}

/** The same, ticked when it is what was expected. */
export function rowOfAnswer(show, found, expected) {
  const { paint } = show.stage
  return [expected.has(found.source) ? { text: '✓', paint: paint.green } : ' ', ...rowOfFound(show, found)]
}
