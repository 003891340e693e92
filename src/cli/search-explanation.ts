import type { SearchHit } from '../search/search-service.js'
import { oneLine } from './text.js'

type Explanation = NonNullable<SearchHit['explain']>
type Word = Explanation['words'][number]

const meanings: Record<Explanation['evidence'][number]['name'], string> = {
  words: 'words of the question in it',
  coverage: 'how many of them it holds',
  passage: 'how close together they stand',
  title: 'its title says so',
  neighbours: 'words that stand beside it',
  answer: 'it follows a question',
  speaker: 'who said it',
  asking: 'it only asks',
  tellsTime: 'tells a time',
  tellsNumber: 'tells a number',
  tellsName: 'tells a name',
  date: 'of the time asked about',
  related: 'says what the best have in common',
  sections: 'other sections of the document',
  near: 'how near its vector is to the question',
  candidate: 'the index alone',
}

/** The sum, piece by piece, and what the words of the question weigh. */
export function formatExplanation({ evidence, match, words, retrievers }: Explanation): string[] {
  const pieces = evidence.map(
    ({ name, points }) => `${points.toFixed(2).padStart(8)}  ${name.padEnd(12)}${meanings[name]}`,
  )
  const sum = evidence.reduce((all, { points }) => all + points, 0)
  const found = retrievers.map(({ name, score }) => `${name} ${score.toFixed(2)}`).join(', ')
  return [
    ...pieces,
    `${sum.toFixed(2).padStart(8)}  score`,
    ...(words.length > 0 ? [oneLine(formatMatch(match, evidence, words))] : []),
    `found by ${found}`,
  ]
}

/** `match` is the share of the question that is held, or how certain it is by its meaning, whichever is more. */
function formatMatch(match: number, evidence: Explanation['evidence'], words: Word[]): string {
  const list = (some: Word[]): string => some.map(formatWord).join(', ')
  const [held, lacking] = [words.filter(({ by }) => by.length > 0), words.filter(({ by }) => by.length === 0)]
  const certainty = evidence.find(({ name }) => name === 'near')?.weight ?? 0
  const isMeant = certainty > 0 && certainty >= match
  const percent = `${Math.round(match * 100)} %`
  const beginning = isMeant ? `${percent} certain by its meaning` : `holds ${percent} of the question`
  const holds = held.length === 0 ? '' : `${isMeant ? '; holds ' : ': '}${list(held)}`
  return `${beginning}${holds}${lacking.length > 0 ? `; lacks ${list(lacking)}` : ''}`
}

/** `cat ~ dogs` where the hit says dogs. */
function formatWord({ text, weight, by, readAs = [] }: Word): string {
  const isAsked = by.every((word) => word === text || readAs.includes(word))
  const meant = readAs.length > 0 ? ` (read as ${readAs.join(' or ')})` : ''
  return `${isAsked ? text : `${text} ~ ${by.join('/')}`} ${weight.toFixed(2)}${meant}`
}
