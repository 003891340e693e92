import type { EmbeddingServer } from '../helpers/embedding-server.js'
import { embeddingServer } from '../helpers/embedding-server.js'
import { fakeVector } from '../helpers/fake-embedder.js'

/** Twenty subjects, each by three words that mean the same to the model, and by their letters have nothing in common. */
export const subjects = [
  ['sedan', 'automobile', 'vehicle'],
  ['broth', 'soup', 'stew'],
  ['ocean', 'sea', 'tide'],
  ['wedding', 'marriage', 'bride'],
  ['salary', 'wage', 'payroll'],
  ['doctor', 'physician', 'surgeon'],
  ['theft', 'burglary', 'robber'],
  ['blizzard', 'snow', 'frost'],
  ['violin', 'fiddle', 'orchestra'],
  ['invoice', 'bill', 'receipt'],
  ['puppy', 'hound', 'dog'],
  ['lawsuit', 'court', 'judge'],
  ['cabin', 'hut', 'lodge'],
  ['sorrow', 'grief', 'mourning'],
  ['rifle', 'gun', 'pistol'],
  ['server', 'computer', 'mainframe'],
  ['monarch', 'king', 'queen'],
  ['infant', 'baby', 'toddler'],
  ['voyage', 'journey', 'trip'],
  ['harvest', 'crop', 'reaping'],
] as const satisfies [string, string, string][]

const subjectOf = new Map<string, string>(subjects.flatMap((words) => words.map((word) => [word, words[0]])))

/** As a model sees it: what means the same is the same, and subjects and numbered things weigh more than what is around them. */
export function meaningOf(text: string, dimensions: number): number[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
  const weighed = words.map((word) => {
    const subject = subjectOf.get(word) ?? (/\d/.test(word) ? word : undefined)
    return subject === undefined ? word : `${subject} `.repeat(4)
  })
  return fakeVector(weighed.join(' '), dimensions)
}

/** A server that stands in for Ollama, with a model that knows what these words mean. */
export async function modelOfSubjects(): Promise<EmbeddingServer> {
  const server = await embeddingServer()
  server.misbehave = ({ body }) => ({ vectors: () => (body.input ?? []).map((text) => meaningOf(text, 768)) })
  return server
}
