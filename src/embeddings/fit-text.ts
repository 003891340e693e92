// Models count in ways of their own, and their tokenizers are large: cl100k_base is an estimate, with a tenth of margin.
const margin = 0.1

// A run without spaces takes its length squared to count; so texts are counted in pieces.
const pieceLength = 1_000

/** The beginning of a text that has at most so many tokens by an estimate, and the whole of a text that has no more. */
export async function fitText(text: string, maxTokens: number): Promise<string> {
  // No tokenizer makes more tokens than there are bytes; three of them are the most that a UTF-16 unit takes.
  if (text.length * 3 <= maxTokens || Buffer.byteLength(text) <= maxTokens) return text
  // The vocabulary takes 60 ms to load, and few texts are long.
  const { decode, encode } = await import('gpt-tokenizer/encoding/cl100k_base')
  const options = { disallowedSpecial: new Set<string>() }
  let left = Math.floor(maxTokens * (1 - margin))
  for (let start = 0; start < text.length; ) {
    const end = wholeCharacters(text, start + pieceLength)
    const tokens = encode(text.slice(start, end), options)
    // Tokens are bytes: the last ones may be half a character.
    if (tokens.length > left) return text.slice(0, start) + decode(tokens.slice(0, left)).replace(/\uFFFD+$/, '')
    left -= tokens.length
    start = end
  }
  return text
}

/** The first half of a text. */
export function firstHalf(text: string): string {
  return text.slice(0, wholeCharacters(text, Math.ceil(text.length / 2)))
}

/** A place to cut at or just after another, where no surrogate pair is cut in two. */
function wholeCharacters(text: string, place: number): number {
  const unit = text.charCodeAt(place)
  return Math.min(text.length, unit >= 0xdc00 && unit <= 0xdfff ? place + 1 : place)
}
