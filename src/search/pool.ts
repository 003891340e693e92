import type { ReadText } from './read-text.js'

/** Something that may be found, as ranking sees it. */
export interface PoolItem {
  kind: 'memory' | 'event' | 'document'
  /** The session or document that it is a part of. */
  whole?: string
  /** Its place in there. */
  place?: number
  /** Who spoke: the name of an actor. */
  speaker?: string
  time: number
  text: ReadText
  /** What was said, for the times in it. */
  said: () => string
}

/** Names of pieces of evidence, in the order in which they are added up. */
export type EvidenceName =
  | 'words'
  | 'coverage'
  | 'passage'
  | 'title'
  | 'neighbours'
  | 'answer'
  | 'speaker'
  | 'asking'
  | 'tellsTime'
  | 'tellsNumber'
  | 'tellsName'
  | 'date'
  | 'related'
  | 'sections'
  | 'candidate'
  | 'near'

/** Points that a piece of evidence adds to a score, or takes from it. `of` says what it is of: 0 to 1, or a distance. */
export interface Evidence {
  name: EvidenceName
  points: number
  weight: number
}

export interface Ranked {
  score: number
  /** How much of the question it holds by itself, by the weights of the words: 0 to 1. */
  match: number
  evidence: Evidence[]
}
