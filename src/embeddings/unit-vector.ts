import { describe } from '../json.js'
import { embeddingFailure } from './embedding-failure.js'

/**
 * How the first dimensions of a longer vector become a vector of their own, where the model was trained for it:
 * `plain` cuts; `centred` takes the mean away first. The latter is the layer norm which nomic's model card asks for; its
 * other half divides all by one number, and a unit vector has no use for that.
 */
export type Shortening = 'plain' | 'centred'

/** What a model answered, as a vector of length 1 in the wanted dimensions. Refuses what would spoil a search. */
export function unitVector(values: unknown, dimensions: number, shortening?: Shortening): Float32Array {
  const numbers = checkedNumbers(values)
  if (numbers.length === dimensions) return normalised(numbers)
  if (numbers.length < dimensions || shortening === undefined) throw wrongDimensions(numbers.length, dimensions)
  return normalised(shortening === 'plain' ? numbers.subarray(0, dimensions) : centred(numbers).subarray(0, dimensions))
}

function checkedNumbers(values: unknown): Float64Array {
  if (!Array.isArray(values) && !(values instanceof Float32Array) && !(values instanceof Float64Array))
    throw embeddingFailure('unclear', 'The model answered with something that is not a vector.')
  const numbers = new Float64Array(values.length)
  for (let index = 0; index < values.length; index++) {
    const value: unknown = values[index]
    // JSON has no NaN: servers write null, or a number so large that it reads as infinite.
    if (typeof value !== 'number' || !Number.isFinite(value))
      throw embeddingFailure('texts', `The model answered with a vector that holds ${named(value)}.`)
    numbers[index] = value
  }
  return numbers
}

function named(value: unknown): string {
  return typeof value === 'number' ? String(value) : describe(value)
}

function centred(numbers: Float64Array): Float64Array {
  const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length
  return numbers.map((value) => value - mean)
}

function normalised(numbers: Float64Array): Float32Array {
  let largest = 0
  for (const value of numbers) largest = Math.max(largest, Math.abs(value))
  if (largest === 0) throw embeddingFailure('texts', 'The model answered with a vector of zeros.')
  // Scaled first: squares of very large or small numbers leave what a double can hold.
  let squares = 0
  for (const value of numbers) squares += (value / largest) ** 2
  const length = Math.sqrt(squares)
  const unit = new Float32Array(numbers.length)
  for (let index = 0; index < unit.length; index++) unit[index] = (numbers[index] ?? 0) / largest / length
  return unit
}

function wrongDimensions(found: number, wanted: number): Error {
  return embeddingFailure('setup', `The model answered with vectors of ${found} dimensions instead of ${wanted}.`, {
    hint: `Choose the model that makes ${wanted}; or set embedder.dimensions to ${found}, which is a space of its own.`,
  })
}
