import { describe, expect, it } from 'vitest'
import { weighEvidence } from '../../src/search/evidence.js'
import type { EvidenceName, PoolItem, Ranked } from '../../src/search/pool.js'
import { parseQuestion } from '../../src/search/question.js'
import { readPlain } from '../../src/search/read-text.js'

const now = Date.UTC(2026, 0, 1)

function rank(question: string, pool: PoolItem[]): Ranked[] {
  const parsed = parseQuestion(question, now)
  return weighEvidence(
    pool,
    parsed,
    parsed.terms.map((term) => ({ ...term, weight: 1 })),
  )
}

function memory(title: string, body: string): PoolItem {
  return { kind: 'memory', time: now, text: readPlain(title, body), said: () => body }
}

/** Turns of one session, one after another: `Ann: The harbour opens`. */
function turns(...lines: string[]): PoolItem[] {
  return lines.map((line, place) => {
    const [speaker = '', said = ''] = line.split(': ')
    const text = readPlain(speaker, said)
    return { kind: 'event', whole: 's1', place, speaker, time: now, text, said: () => said }
  })
}

const scores = (question: string, ...texts: [title: string, body: string][]) =>
  rank(
    question,
    texts.map(([title, body]) => memory(title, body)),
  ).map(({ score }) => score)

const untitled = (body: string): [title: string, body: string] => ['', body]

function pointsOf({ evidence }: Ranked | undefined = { score: 0, match: 0, evidence: [] }, name: EvidenceName): number {
  return evidence.find((piece) => piece.name === name)?.points ?? 0
}

describe('words', () => {
  it('count for nothing where there are none, and with each occurrence more, ever less', () => {
    const [none, one = 0, two = 0, three = 0] = scores(
      'harbour',
      ['', 'x y z'],
      ['', 'harbour y z'],
      ['', 'harbour harbour z'],
      ['', 'harbours harbour harbour'],
    )
    expect(none).toBe(0)
    const gains = [one, two - one, three - two]
    expect(gains.every((gain) => gain > 0)).toBe(true)
    expect(gains).toEqual([...gains].sort((a, b) => b - a))
  })

  it('count more in a title than in passing, and in a short text than in a long one', () => {
    const [title = 0, body = 0, long = 0] = scores(
      'harbour',
      ['harbour', 'one two'],
      ['', 'harbour one two'],
      ['', `harbour ${'one '.repeat(50)}`],
    )
    expect(title).toBeGreaterThan(body)
    expect(body).toBeGreaterThan(long)
  })

  it('that are different count more than one again and again', () => {
    const [many = 0, one = 0] = scores('ship harbour noon', ['', 'ship harbour noon'], ['', 'ship ship ship'])
    expect(many).toBeGreaterThan(one)
  })

  it('that stand together count more than the same far apart', () => {
    const filler = 'one two three four five six seven eight nine ten '.repeat(3)
    const [near = 0, far = 0] = scores('ship harbour', ['', `ship harbour ${filler}`], ['', `ship ${filler} harbour`])
    expect(near).toBeGreaterThan(far)
  })

  it('that are a title count more than the same in a longer one', () => {
    const [name = 0, longer = 0, other = 0] = rank('red ship', [
      memory('red ship', 'one two'),
      memory('the red ship that sank', 'one two'),
      memory('one two', 'red ship'),
    ]).map((ranked) => pointsOf(ranked, 'title'))
    expect(name).toBeGreaterThan(longer)
    expect(longer).toBeGreaterThan(0)
    expect(other).toBe(0)
    expect(rank('Ann', turns('Ann: I am Ann')).map((ranked) => pointsOf(ranked, 'title'))).toEqual([0])
  })

  it('of one character are the start of a pair', () => {
    const [found = 0, other] = scores('山', ['', '山高水长'], ['', '川'])
    expect(found).toBeGreaterThan(0)
    expect(other).toBe(0)
  })

  it('have forms that no rule knows, and others that mean the same, which count less', () => {
    const [same = 0, form = 0, alike = 0, other] = scores(
      'buy',
      ['', 'they buy bread'],
      ['', 'they bought bread'],
      ['', 'they purchase bread'],
      ['', 'they bake bread'],
    )
    expect(same).toBeGreaterThan(form)
    expect(form).toBeGreaterThan(alike)
    expect(alike).toBeGreaterThan(0)
    expect(other).toBe(0)
  })

  it('that texts say again weigh more than words in passing, as many times as one text may count', () => {
    const spring: [string, string] = ['', 'they met in spring']
    const weighing = (...texts: string[]) => {
      const [snail = 0, passing = 0] = scores('snail spring', ['', 'a snail'], spring, ...texts.map(untitled))
      return snail / passing
    }
    const once = weighing('snail house')
    const twice = weighing('snail house snail')
    expect(twice).toBeGreaterThan(once)
    expect(weighing('snail '.repeat(10))).toBeGreaterThan(twice)
    const filled = (times: number) => 'snail '.repeat(times) + 'house '.repeat(1000 - times)
    expect(weighing(filled(1000))).toBe(weighing(filled(10)))
  })

  it('are found as one where two are written as one, and stand for both', () => {
    const [apart = 0, joined = 0, half = 0] = rank('birth weight', [
      memory('', 'low birth weight now'),
      memory('', 'a low birthweight now'),
      memory('', 'the low weight now it'),
    ]).map(({ match }) => match)
    expect([apart, joined]).toEqual([1, 1])
    expect(half).toBe(0.5)
    expect(pointsOf(rank('birth weight', [memory('birthweight', 'x')])[0], 'title')).toBeGreaterThan(0)
  })

  it('are not needed: no texts and no questions are ranked too', () => {
    expect(scores('harbour')).toEqual([])
    expect(scores('', ['a', 'b'])).toEqual([0])
    expect(scores('harbour', ['', ''])).toEqual([0])
  })
})

describe('a turn', () => {
  it('is stronger for what stands beside it, by how far away that is', () => {
    const [near, far, further] = rank('red ship', [
      ...turns('Ann: It was a ship', 'Bob: They painted it red', 'Bob: So it was', 'Ann: What a ship'),
    ])
      .filter((_, index) => index !== 2)
      .map((ranked) => pointsOf(ranked, 'neighbours'))
    expect(near).toBeGreaterThan(0)
    expect(near).toBeGreaterThan(further ?? 0)
    expect(far).toBeGreaterThan(0)
  })

  it('without a word of the question is no hit, whatever stands beside it', () => {
    expect(rank('harbour', turns('Ann: The harbour', 'Bob: Indeed'))[1]).toMatchObject({ score: 0, evidence: [] })
  })

  it('is stronger for what it says of what the best turns have in common', () => {
    const [best, others] = ['Ann: Sailing the blue kayak', 'Bob: A trip on rivers with music']
    const lines = Array.from({ length: 200 }, (_, index) => (index < 60 && index % 2 === 0 ? best : others))
    const ranked = rank('sailing trip', turns(...lines, 'Ann: A trip by kayak', 'Ann: A trip by bus', 'Ann: A kayak'))
    const [kayak, bus, none] = ranked.slice(-3).map((turn) => pointsOf(turn, 'related'))
    expect(kayak).toBeGreaterThan(0)
    expect([bus, none]).toEqual([0, 0])
    const few = rank('sailing trip', turns(...lines.slice(0, 60), 'Ann: A trip by kayak'))
    expect(few.every((turn) => pointsOf(turn, 'related') === 0)).toBe(true)
  })

  it('of another session is not beside it', () => {
    const [one, other] = [...turns('Ann: A ship'), ...turns('Bob: x', 'Bob: All red').slice(1)]
    if (other) other.whole = 's2'
    expect(
      pointsOf(
        rank(
          'red ship',
          [one, other].filter((item) => item !== undefined),
        )[0],
        'neighbours',
      ),
    ).toBe(0)
  })

  it('after a question inherits what speaks for the question', () => {
    const answered = rank('harbour noon', turns('Ann: When is noon at the harbour?', 'Bob: At the harbour'))
    const told = rank('harbour noon', turns('Ann: It is noon at the harbour', 'Bob: At the harbour'))
    expect(pointsOf(answered[1], 'answer')).toBeGreaterThan(0)
    expect(pointsOf(told[1], 'answer')).toBe(0)
  })

  it('of somebody who is named in the question comes before the same of another', () => {
    const [ann, bob] = rank('What did Ann paint?', turns('Ann: I painted', 'Bob: I painted'))
    expect(pointsOf(ann, 'speaker')).toBeGreaterThan(0)
    expect(pointsOf(bob, 'speaker')).toBeLessThan(0)
  })

  it('that only asks comes after one that tells', () => {
    const [asks, tells] = rank('sail', turns('Ann: Did they sail?', 'Bob: So they sail'))
    expect(pointsOf(asks, 'asking')).toBeLessThan(0)
    expect(pointsOf(tells, 'asking')).toBe(0)
  })

  it.each([
    ['When did they sail?', 'They sail tomorrow', 'They sail', 'tellsTime'],
    ['How many ships sail?', 'Two of them sail', 'They sail', 'tellsNumber'],
    ['Where do they sail?', 'They sail to Genoa', 'They sail away', 'tellsName'],
  ] as const)('that holds what "%s" wants comes before one that does not', (question, answer, other, name) => {
    const [one, two] = rank(question, turns(`Ann: ${answer}`, `Ann: ${other}`))
    expect(pointsOf(one, name)).toBeGreaterThan(0)
    expect(pointsOf(two, name)).toBe(0)
  })

  it('of the day that a question names comes first, as does one that speaks of it', () => {
    const on = (day: number, text: string): PoolItem => ({ ...memory('', text), time: Date.UTC(2023, 4, day) })
    const pool = [on(7, 'we sail'), on(8, 'we sail yesterday'), on(9, 'we sail today'), on(1, 'we sail')]
    const [same = 0, told = 0, later = 0, before] = rank('Did they sail on 7 May 2023?', pool).map((ranked) =>
      pointsOf(ranked, 'date'),
    )
    expect(same).toBeGreaterThan(0)
    expect(told).toBeGreaterThan(later)
    expect(later).toBeGreaterThan(0)
    expect(before).toBe(0)
  })
})

describe('the evidence of a hit', () => {
  it('adds up to its score', () => {
    const pool = [...turns('Ann: Where is the harbour?', 'Bob: The harbour of Genoa'), memory('harbour', 'May 2023')]
    for (const { score, evidence, match } of rank('Where was the harbour of Bob in May 2023?', pool)) {
      expect(evidence.reduce((sum, { points }) => sum + points, 0)).toBeCloseTo(score, 10)
      expect(score).toBeGreaterThan(0)
      expect(match).toBeGreaterThan(0)
      expect(match).toBeLessThanOrEqual(1)
    }
  })
})
