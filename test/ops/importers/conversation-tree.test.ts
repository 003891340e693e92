import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { linesOf, type TreeNode } from '../../../src/ops/importers/conversation-tree.js'

function node(id: string, parent: string | undefined, ...messages: string[]): TreeNode<string> {
  return { id, parent, messages }
}

/** Each line with all that was said in it, from the beginning. */
function whole(nodes: TreeNode<string>[], current?: string): string[] {
  const texts = new Map<object | undefined, string[]>()
  return linesOf(nodes, current).map((line) => {
    const text = [...(texts.get(line.parent) ?? []).slice(0, line.sharedMessages), ...line.messages]
    texts.set(line, text)
    return text.join('')
  })
}

describe('a conversation with branches', () => {
  const nodes = [
    node('r', undefined),
    node('1', 'r', 'a'),
    node('2', '1', 'b'),
    node('3', '1', 'c'),
    node('4', '3', 'd'),
    node('5', '3', 'e'),
    node('6', 'r', 'f'),
  ]

  it('is the line that counts, then the others, each from its beginning', () => {
    expect(whole(nodes, '4')).toEqual(['acd', 'f', 'ab', 'ace'])
    expect(whole(nodes, '2')).toEqual(['ab', 'f', 'ace', 'acd'])
  })

  it('counts the last end where none is named, or one that is not there', () => {
    expect(whole(nodes)[0]).toBe('f')
    expect(whole(nodes, 'nowhere')[0]).toBe('f')
  })

  it('leaves out branches in which nothing was said, and keeps what hangs below them', () => {
    expect(
      whole([node('1', undefined, 'a'), node('2', '1'), node('3', '1', 'b'), node('4', '2', 'c'), node('5', '2')], '3'),
    ).toEqual(['ab', 'ac'])
  })

  it('may be empty', () => {
    expect(linesOf([], undefined)).toMatchObject([{ messages: [] }])
  })

  it('loses no node and no message, however damaged the tree is', () => {
    const ids = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g')
    const trees = fc.uniqueArray(fc.record({ id: ids, parent: fc.option(ids, { nil: undefined }) }), {
      selector: ({ id }) => id,
      minLength: 1,
    })
    fc.assert(
      fc.property(trees, fc.option(ids, { nil: undefined }), (tree, current) => {
        const lines = linesOf(
          tree.map(({ id, parent }) => node(id, parent, id)),
          current,
        )
        expect(lines.flatMap(({ messages }) => messages).sort()).toEqual(tree.map(({ id }) => id).sort())
        for (const [index, { parent, sharedMessages }] of lines.entries()) {
          expect(index === 0 || lines.indexOf(parent as never) < index).toBe(true)
          expect(sharedMessages).toBeLessThanOrEqual((parent?.sharedMessages ?? 0) + (parent?.messages.length ?? 0))
        }
      }),
    )
  })

  it('may be long', () => {
    const long = Array.from({ length: 20_000 }, (_, index) =>
      node(String(index), index === 0 ? undefined : String(index - 1), 'x'),
    )
    expect(linesOf(long, undefined)[0]?.messages).toHaveLength(20_000)
    expect(linesOf(long.reverse(), '19999')[0]?.messages).toHaveLength(20_000)
  })
})
