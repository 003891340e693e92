import { CairnError } from '../errors.js'
import { type ChooseContext, chooseEmbedder, ollamaServer, usualDeadlines } from './choose.js'
import type { EmbedderSettings } from './embedder-schema.js'
import { embeddingFailure, hints, takesNoText } from './embedding-failure.js'
import { findOllamaModel, ollamaVersion } from './ollama.js'

/** One thing that must be there for texts to be embedded. */
export interface EmbedderCheck {
  what: 'settings' | 'server' | 'model' | 'vectors'
  ok: boolean
  /** What was found, in a sentence. */
  says: string
  /** What to do where it is not, with the exact command where there is one. */
  fix?: string
}

interface Step {
  what: EmbedderCheck['what']
  look: () => Promise<string>
}

/** To look for the model is what was done just now, with texts of its own. */
const fixes = new Map([
  [hints.server, 'Look again when it answers; in docs/embeddings.md is how to name another server.'],
  [hints.texts, takesNoText],
  [hints.setup, 'See docs/embeddings.md for the settings there are: which server, which model, whose key.'],
])

/** Looks for what the settings ask for, one thing after another, up to the first that is missing. Never rejects for one. */
export async function checkEmbedder(settings: EmbedderSettings, context: ChooseContext = {}): Promise<EmbedderCheck[]> {
  const checks: EmbedderCheck[] = []
  for (const { what, look } of stepsFor(settings, context)) {
    try {
      checks.push({ what, ok: true, says: await look() })
    } catch (error) {
      if (!(error instanceof CairnError)) throw error
      const { message: says, hint: fix } = error
      return [...checks, { what, ok: false, says, ...(fix !== undefined && { fix: fixes.get(fix) ?? fix }) }]
    }
  }
  return checks
}

function stepsFor(settings: EmbedderSettings, context: ChooseContext): Step[] {
  const vectors: Step = { what: 'vectors', look: () => tryVectors(settings, context) }
  if (settings.provider === 'none') return [{ ...vectors, what: 'settings' }]
  return settings.provider === 'ollama' || settings.provider === 'auto'
    ? [...ollamaSteps(settings, context), vectors]
    : [vectors]
}

function ollamaSteps(settings: EmbedderSettings, context: ChooseContext): Step[] {
  const { checkMs } = { ...usualDeadlines, ...context.deadlines }
  const lookFor = async (): Promise<string> => {
    const server = ollamaServer(settings, context)
    return `Ollama ${await ollamaVersion(server, checkMs)} answers at ${server.url}.`
  }
  const lookIn = async (): Promise<string> => {
    const server = ollamaServer(settings, context)
    await findOllamaModel(server, checkMs)
    return `It has the model ${server.model}.`
  }
  return [
    { what: 'server', look: lookFor },
    { what: 'model', look: lookIn },
  ]
}

/** Embeds a text, once: whoever looks wants to know how it is now. */
async function tryVectors(settings: EmbedderSettings, context: ChooseContext): Promise<string> {
  const provider = settings.provider === 'auto' ? 'ollama' : settings.provider
  const limits = { ...context.limits, attempts: { document: 1, query: 1 } }
  const { embedder, reason, hint } = await chooseEmbedder({ ...settings, provider }, { ...context, limits })
  if (embedder === undefined) throw embeddingFailure('setup', reason, { hint })
  try {
    const started = performance.now()
    await embedder.embed(['Where does the way lead?'], { kind: 'query' })
    const { model, dimensions } = embedder.space
    return `${model} makes vectors of ${dimensions} dimensions; one took ${Math.round(performance.now() - started)} ms.`
  } finally {
    await embedder.close?.()
  }
}
