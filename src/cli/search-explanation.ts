import type { SearchHit } from '../search/search-service.js'
import { oneLine } from './text.js'

const meanings: Record<NonNullable<SearchHit['explain']>['evidence'][number]['name'], string> = {
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
export function formatExplanation({ evidence, match, words, retrievers }: NonNullable<SearchHit['explain']>): string[] {
  const pieces = evidence.map(
    ({ name, points }) => `${points.toFixed(2).padStart(8)}  ${name.padEnd(12)}${meanings[name]}`,
  )
  const sum = evidence.reduce((all, { points }) => all + points, 0)
  const found = retrievers.map(({ name, score }) => `${name} ${score.toFixed(2)}`).join(', ')
  const weighed = words.map(formatWord).join(', ')
  return [
    ...pieces,
    `${sum.toFixed(2).padStart(8)}  score`,
    oneLine(`holds ${Math.round(match * 100)} % of the question: ${weighed}`),
    `found by ${found}`,
  ]
}

function formatWord({ text, weight, readAs }: { text: string; weight: number; readAs?: string[] }): string {
  return `${text} ${weight.toFixed(2)}${readAs ? ` (read as ${readAs.join(' or ')})` : ''}`
}
