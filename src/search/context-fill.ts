import { cutText, holds, type Stretch, stretchAround } from './context-passage.js'
import { fenceEnd, fenceStart, renderItem, sectionEnd, sectionStart } from './context-text.js'
import type { CountTokens } from './context-tokens.js'

/** In the order of the text: what changes seldom comes first, so that a prompt cache keeps the beginning. */
export const contextSections = [
  ...(['app-memories', 'project-memories', 'user-memories', 'task', 'state'] as const),
  // What fits only because others leave room changes with them: it must not stand where a cache begins.
  ...(['more-memories', 'found', 'events'] as const),
]

/** A part of a context. */
export type ContextSection = (typeof contextSections)[number]

/** What an item is, and where it is kept. */
export type ContextRef =
  | { kind: 'memory'; ref: { namespace: string; key: string }; version: number }
  | { kind: 'task'; ref: { task: string } }
  | { kind: 'state'; ref: { session: string; scope: string; key: string } }
  | { kind: 'event'; ref: { session: string; seq: number; eventId: string } }
  | {
      kind: 'document'
      ref: { namespace: string; root: string; path: string; lines: [from: number, to: number]; chunk: number }
    }

/** What went in: how many tokens it takes, where it stands and why. `cut`: only a part of its text. */
export type IncludedItem = ContextRef & { tokens: number; section: ContextSection; why: string; cut?: true }

/** budget: no room; duplicate: the same is in already; expired, not_found: it is there no more. */
export type LeftReason = 'budget' | 'duplicate' | 'expired' | 'not_found'

/** What was left out, and why. */
export type LeftItem = ContextRef & { section: ContextSection; why: LeftReason }

/** Something that may go in. */
export interface Candidate {
  item: ContextRef
  heading: string
  body: string
  why: string
  /** Where it stands in its section, which is not the order in which there is room for it. */
  place: string | number
  /** What a short text must have in common with another one to be the same; a long text is enough by itself. */
  name: string
  expiresAt?: string
  /** Said in turn: the same words twice are no duplicate. */
  turn?: true
  /** Is cut where it does not fit. */
  shrinks?: true
  /** Where in the body it was found: what is shown of a long one is around this. */
  passage?: Stretch
}

interface Fitted {
  text: string
  tokens: number
  shown: Stretch
}

interface Placed {
  candidate: Candidate
  text: string
  included: IncludedItem
}

/** How the budget is shared among the sections that are asked for; what one leaves is for those after it. */
const weights: Record<ContextSection, number> = {
  ...{ 'app-memories': 10, 'project-memories': 20, 'user-memories': 20 },
  ...{ task: 15, state: 10, 'more-memories': 0, events: 25, found: 20 },
}
const longestBody = 4_000
const shortestBody = 80
const tellingLength = 24

/** Fills the budget section by section. No section depends on one that comes after it, but for what is found. */
export class ContextFill {
  readonly #count: CountTokens
  readonly #budget: number
  readonly #shares: Map<ContextSection, number>
  readonly #placed = new Map<ContextSection, Placed[]>()
  /** What is shown of each item. */
  readonly #shown = new Map<string, Stretch[]>()
  readonly #texts = new Set<string>()
  readonly left: LeftItem[] = []
  #allowed: number
  #spent: number

  constructor(budget: number, sections: ContextSection[], count: CountTokens) {
    this.#count = count
    this.#budget = budget
    this.#spent = count(fenceStart) + count(fenceEnd)
    this.#allowed = this.#spent
    const weight = sections.reduce((sum, section) => sum + weights[section], 0)
    const room = budget - this.#spent
    this.#shares = new Map(sections.map((section) => [section, Math.floor((room * weights[section]) / weight)]))
  }

  /** Takes what fits into the share of the section, in the order given. Returns what did not fit. */
  fill(section: ContextSection, candidates: Candidate[]): Candidate[] {
    // A section that was not asked for has no share: those after it would have less than theirs.
    this.#allowed += this.#shares.get(section) ?? 0
    return this.#add(section, candidates)
  }

  /** As `fill`, into all the room that there still is. */
  fillRest(section: ContextSection, candidates: Candidate[]): Candidate[] {
    this.#allowed = this.#budget
    return this.#add(section, candidates)
  }

  #add(section: ContextSection, candidates: Candidate[]): Candidate[] {
    const unfit: Candidate[] = []
    for (const candidate of candidates) {
      // A conversation has no holes: what was said before something that does not fit is left out as well.
      if (candidate.turn && unfit.length > 0) unfit.push(candidate)
      else if (this.#isDuplicate(candidate)) this.leave(section, candidate.item, 'duplicate')
      else if (!this.#take(section, candidate)) unfit.push(candidate)
    }
    return unfit
  }

  leave(section: ContextSection, item: ContextRef, why: LeftReason): void {
    this.left.push({ ...item, section, why })
  }

  /** Whether the item itself is in. */
  holds({ item }: Candidate): boolean {
    return this.#shown.has(idOf(item))
  }

  /** What is not shown is no duplicate of what is. */
  #isDuplicate({ item, name, body, turn, passage }: Candidate): boolean {
    const shown = this.#shown.get(idOf(item))
    if (shown && (passage === undefined || shown.some((stretch) => holds(stretch, passage)))) return true
    return !turn && this.#texts.has(sameness(name, cutText(body, stretchAround(body, longestBody, passage))))
  }

  #take(section: ContextSection, candidate: Candidate): boolean {
    const placed = this.#placed.get(section) ?? []
    const frame = placed.length === 0 ? this.#frameOf(section) : 0
    const fitted = this.#fit(candidate, this.#allowed - this.#spent - frame)
    if (fitted === undefined) return false
    const { text, tokens, shown } = fitted
    const { item, name, body, why } = candidate
    const included = {
      ...item,
      tokens,
      section,
      why,
      ...(shown.end - shown.start < body.length && { cut: true as const }),
    }
    placed.push({ candidate, text, included })
    this.#placed.set(section, placed)
    this.#spent += frame + tokens
    this.#shown.set(idOf(item), [...(this.#shown.get(idOf(item)) ?? []), shown])
    this.#texts.add(sameness(name, cutText(body, shown)))
    return true
  }

  #frameOf(section: ContextSection): number {
    return this.#count(sectionStart(section)) + this.#count(sectionEnd(section))
  }

  #fit({ heading, body, shrinks, passage }: Candidate, room: number): Fitted | undefined {
    for (let most = longestBody; ; most = Math.floor(Math.min(most, body.length) / 2)) {
      const shown = stretchAround(body, most, passage)
      const text = renderItem(heading, cutText(body, shown))
      const tokens = this.#count(text)
      if (tokens <= room) return { text, tokens, shown }
      if (!shrinks || most <= shortestBody || body.length <= shortestBody) return undefined
    }
  }

  /** Everything that went in, in the order of the text. */
  finish(): {
    text: string
    tokens: number
    sections: { name: ContextSection; tokens: number; items: number }[]
    included: IncludedItem[]
  } {
    const filled = contextSections.flatMap((name) => {
      const placed = this.#placed.get(name)
      return placed === undefined ? [] : [{ name, placed: placed.sort(byPlace) }]
    })
    if (filled.length === 0) return { text: '', tokens: 0, sections: [], included: [] }
    const bodies = filled.map(({ name, placed }) => ({
      name,
      text: `${sectionStart(name)}${placed.map((each) => each.text).join('')}${sectionEnd(name)}`,
      tokens: placed.reduce((sum, { included }) => sum + included.tokens, this.#frameOf(name)),
      items: placed.length,
    }))
    return {
      text: `${fenceStart}${bodies.map(({ text }) => text).join('')}${fenceEnd}`,
      tokens: this.#spent,
      sections: bodies.map(({ name, tokens, items }) => ({ name, tokens, items })),
      included: filled.flatMap(({ placed }) => placed.map(({ included }) => included)),
    }
  }
}

function byPlace({ candidate: a }: Placed, { candidate: b }: Placed): number {
  return a.place < b.place ? -1 : a.place > b.place ? 1 : 0
}

/** The same item, whichever section it is a candidate for. A chunk of a document is named by its lines and number. */
export function idOf({ kind, ref }: ContextRef): string {
  return JSON.stringify([kind, ref])
}

/** The same for the same texts, as far as they are shown. */
function sameness(name: string, shown: string): string {
  const text = shown.normalize('NFC').replaceAll(/\s+/g, ' ').trim().toLowerCase()
  return text.length >= tellingLength ? text : JSON.stringify([name, text])
}
