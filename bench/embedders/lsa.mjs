// Latent semantic analysis (Deerwester et al. 1990) of the set itself: what a model of its words alone can know, and no more.
import { stemmer } from 'stemmer'
import { directionOf, seededNormal, toUnit } from '../seeded.mjs'
import { eigenvectors, gram, orthonormalize, times, transposedTimes } from './sparse.mjs'

/** Columns beside those that are wanted, and rounds of multiplication: both make the smallest ones exact. */
const beside = 20
const rounds = 2

/** Long pages are read in pieces, or there would be fewer texts than dimensions. */
const pieceLength = 150

export function makeLsa({ corpus }, { dimensions = 300 } = {}) {
  const pieces = corpus.flatMap((item) => inPieces(stemsOf(textOf(item))))
  const words = weighWords(pieces)
  const rows = pieces.map((stems) => toRow(stems, words))
  const axes = principalAxes(rows, words.size, Math.min(dimensions, rows.length, words.size))
  const embed = (text) => {
    const vector = new Float32Array(dimensions)
    const { columns, values } = toRow(stemsOf(text), words)
    columns.forEach((column, at) => {
      for (let i = 0; i < axes.width; i++) vector[i] += values[at] * axes.columns[column * axes.width + i]
    })
    // Of no known word nothing is known.
    return vector.some((value) => value !== 0) ? toUnit(vector) : directionOf(text, dimensions)
  }
  return { dimensions, embed: async (texts) => texts.map(embed) }
}

const textOf = ({ title = '', text, speaker = '', image_caption: caption = '' }) =>
  `${speaker} ${title} ${text} ${caption}`

const known = new Map()

function stemsOf(text) {
  return (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).map((word) => {
    if (!known.has(word)) known.set(word, stemmer(word))
    return known.get(word)
  })
}

function inPieces(stems) {
  const pieces = []
  for (let from = 0; from < stems.length; from += pieceLength) pieces.push(stems.slice(from, from + pieceLength))
  // Abstracts stay whole.
  return pieces.length <= 3 ? [stems] : pieces
}

/** Words of two texts or more, with their inverse document frequency. */
function weighWords(pieces) {
  const counts = new Map()
  for (const stems of pieces) for (const stem of new Set(stems)) counts.set(stem, (counts.get(stem) ?? 0) + 1)
  const words = new Map()
  for (const [stem, count] of counts) {
    if (count > 1) words.set(stem, { column: words.size, weight: Math.log(pieces.length / count) })
  }
  return words
}

/** (1 + ln tf) · idf, of length 1. */
function toRow(stems, words) {
  const counts = new Map()
  for (const stem of stems) if (words.has(stem)) counts.set(stem, (counts.get(stem) ?? 0) + 1)
  const columns = Int32Array.from(counts.keys(), (stem) => words.get(stem).column)
  const values = Float64Array.from(counts, ([stem, count]) => (1 + Math.log(count)) * words.get(stem).weight)
  return { columns, values: toUnit(values) }
}

/** Right singular vectors of a sparse matrix, by a random projection (Halko, Martinsson, Tropp 2011). */
function principalAxes(rows, height, count) {
  const width = Math.min(count + beside, rows.length, height)
  const normal = seededNormal(1)
  const start = Float64Array.from({ length: height * width }, normal)
  let range = orthonormalize(times(rows, start, width), width)
  for (let round = 0; round < rounds; round++) {
    const back = transposedTimes(rows, height, range, width)
    range = orthonormalize(times(rows, back, width), width)
  }
  const projected = transposedTimes(rows, height, range, width)
  const { values, columns } = eigenvectors(gram(projected, width), width)
  return { width: count, columns: turned(projected, columns, values, { height, width, count }) }
}

function turned(projected, turn, values, { height, width, count }) {
  const axes = new Float64Array(height * count)
  for (let row = 0; row < height; row++) {
    for (let k = 0; k < width; k++) {
      const value = projected[row * width + k]
      for (let i = 0; i < count; i++) axes[row * count + i] += value * turn[k * width + i]
    }
  }
  const scales = values.slice(0, count).map((value) => (value > 1e-12 ? 1 / Math.sqrt(value) : 0))
  for (let at = 0; at < axes.length; at++) axes[at] *= scales[at % count]
  return axes
}
