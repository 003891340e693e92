import { expectTypeOf, it } from 'vitest'
import type { EventInput, NewMemoryInput } from '../src/index.js'

interface Answer {
  readonly text: string
  readonly sources: readonly string[]
}

it('takes values of interface types and readonly lists', () => {
  expectTypeOf<Answer>().toExtend<EventInput['content']>()
  expectTypeOf<Answer>().toExtend<NewMemoryInput['value']>()
  expectTypeOf<Answer>().toExtend<NonNullable<NewMemoryInput['metadata']>>()
})
