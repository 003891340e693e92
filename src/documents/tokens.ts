import { countTokens, isWithinTokenLimit } from 'gpt-tokenizer/encoding/cl100k_base'

/** No chunk has more, as cl100k_base counts. Code blocks and tables are not cut below it. */
export const mostTokens = 512

/** All other chunks keep a margin of a tenth: models count in ways of their own. */
export const maxTokens = 460

/** How much of the end of a piece stands again at the beginning of the next, where a section had to be split. */
export const overlapTokens = 50

// Documents may hold anything; <|endoftext|> in one is ten characters like others.
const options = { disallowedSpecial: new Set<string>() }

/** The longest token of the vocabulary: 128 spaces. */
const longestToken = 128

/** The tokens of a text; undefined when there are more than `most`. */
export function tokensWithin(text: string, most: number): number | undefined {
  // Counting a run without spaces takes its length squared: 8 s for 60,000 Chinese characters.
  if (text.length > most * longestToken) return undefined
  const count = isWithinTokenLimit(text, most, options)
  return count === false ? undefined : count
}

/** For short texts. */
export function tokensOf(text: string): number {
  return countTokens(text, options)
}
