import type { FusionCandidate } from './fuse.js'

/** What the nearest other sections of its document count for, beside the section itself, nearest first. */
const weightsOfOthers = [0.5, 0.25]

/**
 * A document that is about the question has more than one section near it, so a section stands where it and the nearest
 * others of its document stand in the mean. As with words, where the best sections of a document count (evidence.ts).
 */
export function standWithDocument(
  candidates: readonly FusionCandidate[],
  standings: readonly (number | undefined)[],
): (number | undefined)[] {
  const sections = new Map<string, number[]>()
  for (const [index, { document }] of candidates.entries()) {
    const standing = standings[index]
    if (document === undefined || standing === undefined) continue
    const others = sections.get(document)
    if (others) others.push(standing)
    else sections.set(document, [standing])
  }
  for (const values of sections.values()) values.sort((a, b) => b - a)
  return standings.map((standing, index) => {
    const all = sections.get(candidates[index]?.document ?? '')
    return standing === undefined || all === undefined ? standing : meanWithOthers(standing, all)
  })
}

function meanWithOthers(own: number, all: readonly number[]): number {
  const place = all.indexOf(own)
  let [sum, weight] = [own, 1]
  for (const [index, weightOfOther] of weightsOfOthers.entries()) {
    const other = all[index < place ? index : index + 1]
    if (other === undefined) break
    sum += weightOfOther * other
    weight += weightOfOther
  }
  return sum / weight
}
