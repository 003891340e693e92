import { cpSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ModelThread } from '../../src/embeddings/transformers.js'
import { loadModel } from '../../src/embeddings/transformers-model.js'
import { refusal } from '../helpers/refusal.js'
import { tinyDimensions, tinyVectors, writeTinyModel } from '../helpers/tiny-model.js'
import { makeFolder } from '../store.js'

const document = { kind: 'document' } as const

function folderWithModel(): string {
  const folder = makeFolder()
  writeTinyModel(folder, 'tiny')
  return folder
}

function thread(source: Partial<ConstructorParameters<typeof ModelThread>[0]> = {}, entry?: URL): ModelThread {
  const model = new ModelThread({ model: 'tiny', folder: folderWithModel(), pooling: 'mean', ...source }, entry)
  onTestFinished(() => model.close())
  return model
}

/** The mean over the tokens of a text, as the tiny model should make it. */
function meanOf(...words: string[]): number[] {
  const vectors = ['[CLS]', ...words, '[SEP]'].map((word) => tinyVectors().get(word) ?? [])
  return Array.from({ length: tinyDimensions }, (_, place) => {
    return vectors.reduce((sum, vector) => sum + (vector[place] ?? Number.NaN), 0) / vectors.length
  })
}

function expectNear(vector: unknown, expected: number[]): void {
  expect(vector).toHaveLength(expected.length)
  for (const [index, value] of Array.from(vector as ArrayLike<number>).entries())
    expect(value).toBeCloseTo(expected[index] ?? Number.NaN, 5)
}

describe('a model in this process', () => {
  it('makes the vectors of its tokens into one, by its pooling', async () => {
    const folder = folderWithModel()
    for (const pooling of ['mean', 'cls', 'last_token'] as const) {
      const model = await loadModel({ model: 'tiny', folder, pooling })
      const { values, dimensions } = await model.vectorsOf(['cat dog'])
      const own = {
        mean: meanOf('cat', 'dog'),
        cls: tinyVectors().get('[CLS]'),
        last_token: tinyVectors().get('[SEP]'),
      }
      expect(dimensions).toBe(tinyDimensions)
      expectNear(values, own[pooling] ?? [])
      await model.close()
    }
  })
})

describe('a model in a thread', () => {
  it('answers each text with its vector, whatever the lengths of the others', async () => {
    const vectors = await thread().request(['cat dog', 'moon', 'dog dog dog dog cat'], document)
    expect(vectors).toHaveLength(3)
    expectNear(vectors[0], meanOf('cat', 'dog'))
    expectNear(vectors[1], meanOf('moon'))
    expectNear(vectors[2], meanOf('dog', 'dog', 'dog', 'dog', 'cat'))
  })

  it('answers several requests at once, and after a rest', async () => {
    const model = thread()
    const [first, second] = await Promise.all([model.request(['cat'], document), model.request(['dog'], document)])
    expectNear(first?.[0], meanOf('cat'))
    expectNear(second?.[0], meanOf('dog'))
    expectNear((await model.request(['moon'], document))[0], meanOf('moon'))
  })

  it('cuts what is too long for the model itself', async () => {
    const [long, longer] = await thread().request(['cat '.repeat(50), 'cat '.repeat(500)], document)
    expectNear(longer, Array.from(long as Float32Array))
  })

  it('that is not in the folder is named', async () => {
    const error = await refusal(thread({ model: 'absent' }).request(['cat'], document), 'embedding_unavailable')
    expect(error.message).toMatch(/^The model absent cannot be loaded from .*: /)
    expect(error.details).toEqual({ fault: 'setup', retryable: false })
  })

  it('that is broken is loaded again when it has been mended', async () => {
    const folder = folderWithModel()
    writeFileSync(join(folder, 'tiny/onnx/model.onnx'), 'broken')
    const model = thread({ folder })
    await refusal(model.request(['cat'], document), 'embedding_unavailable')
    writeTinyModel(folder, 'tiny')
    expectNear((await model.request(['cat'], document))[0], meanOf('cat'))
  })

  it('is given up when the request is cancelled, and answers the next one', async () => {
    const model = thread()
    const cancel = new AbortController()
    const refused = refusal(model.request(['cat'], { ...document, signal: cancel.signal }), 'cancelled')
    cancel.abort()
    await refused
    await refusal(model.request(['cat'], { ...document, signal: cancel.signal }), 'cancelled')
    expectNear((await model.request(['dog'], document))[0], meanOf('dog'))
  })

  it('is closed in the middle of its work', async () => {
    const model = thread()
    const refused = refusal(model.request(['cat'], document), 'closed')
    await model.close()
    await refused
    await model.close()
  })

  it('that dies is started again', async () => {
    const folder = makeFolder()
    const entry = join(folder, 'dying.mjs')
    writeFileSync(
      entry,
      `import { parentPort } from 'node:worker_threads'
       parentPort.on('message', ({ id, texts }) => {
         if (texts[0] === 'die') throw new Error('out of memory')
         parentPort.postMessage({ id, vectors: { values: Float32Array.of(1, 2), dimensions: 2 } })
       })`,
    )
    const model = thread({}, pathToFileURL(entry))
    const error = await refusal(model.request(['die'], document), 'embedding_unavailable')
    expect(error.message).toBe('The thread of the model ended: out of memory.')
    expect(error.details).toEqual({ fault: 'server', retryable: true })
    expect(await model.request(['live'], document)).toEqual([Float32Array.of(1, 2)])
  })

  it('says how to install the package where it is missing', async () => {
    // A copy of the build, from where no package is to be found.
    const folder = makeFolder()
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
    cpSync(resolve('dist/embeddings'), join(folder, 'embeddings'), { recursive: true })
    const model = thread({}, pathToFileURL(join(folder, 'embeddings/transformers-thread.js')))
    const error = await refusal(model.request(['cat'], document), 'embedding_unavailable')
    expect(error.message).toBe('The package @huggingface/transformers is not installed.')
    expect(error.hint).toBe('Install it with: npm install @huggingface/transformers')
    expect(error.details).toEqual({ fault: 'setup', retryable: false })
  })
})
