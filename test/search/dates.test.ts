import { describe, expect, it } from 'vitest'
import { closeness, timesAsked, timesIn } from '../../src/search/dates.js'

const moment = Date.UTC(2023, 4, 8, 13, 56) // a Monday
const day = 86_400_000

function spans(text: string, read = timesIn): string[] {
  const date = (time: number) => new Date(time).toISOString().slice(0, 10)
  return read(text, moment).map(({ from, to, yearly }) => `${yearly ? 'yearly ' : ''}${date(from)}/${date(to)}`)
}

describe('the times of a text', () => {
  it.each([
    ['on 7 May 2023', '2023-05-07/2023-05-08'],
    ['on May 7th, 2023', '2023-05-07/2023-05-08'],
    ['the 7th of May, 2023', '2023-05-07/2023-05-08'],
    ['2023-05-07', '2023-05-07/2023-05-08'],
    ['in May 2023', '2023-05-01/2023-06-01'],
    ['during 2022', '2022-01-01/2023-01-01'],
    ['05/15/2023', '2023-05-15/2023-05-16'],
    ['on 15/5/2024', '2024-05-15/2024-05-16'],
    ['am 15.5.2024.', '2024-05-15/2024-05-16'],
    ['spring 2024', '2024-03-01/2024-06-01'],
    ['in the summer of 2023', '2023-06-01/2023-09-01'],
    ['in the winter of 2022', '2022-12-01/2023-03-01'],
    ['31 February 2024', '2024-02-01/2024-03-01'],
    ['in May', 'yearly 2000-05-01/2000-06-01'],
    ['last May', '2022-05-01/2022-06-01'],
    ['this May', '2023-05-01/2023-06-01'],
    ['next May', '2024-05-01/2024-06-01'],
    ['last April', '2023-04-01/2023-05-01'],
    ['next December', '2023-12-01/2024-01-01'],
    ['last summer', '2022-06-01/2022-09-01'],
    ['last winter', '2022-12-01/2023-03-01'],
    ['this spring', '2023-03-01/2023-06-01'],
    ['next summer', '2023-06-01/2023-09-01'],
    ['last year', '2022-01-01/2023-01-01'],
    ['this year', '2023-01-01/2024-01-01'],
    ['next year', '2024-01-01/2025-01-01'],
    ['last month', '2023-04-01/2023-05-01'],
    ['this month', '2023-05-01/2023-06-01'],
    ['next month', '2023-06-01/2023-07-01'],
    ['last week', '2023-05-01/2023-05-08'],
    ['this week', '2023-05-08/2023-05-15'],
    ['next week', '2023-05-15/2023-05-22'],
    ['last weekend', '2023-05-06/2023-05-08'],
    ['this weekend', '2023-05-13/2023-05-15'],
    ['last night', '2023-05-07/2023-05-08'],
    ['this Monday', '2023-05-08/2023-05-09'],
    ['this Friday', '2023-05-12/2023-05-13'],
    ['next Monday', '2023-05-15/2023-05-16'],
    ['on 29 February', 'yearly 2000-02-29/2000-03-01'],
    ['yesterday', '2023-05-07/2023-05-08'],
    ['tomorrow', '2023-05-09/2023-05-10'],
    ['last Friday', '2023-05-05/2023-05-06'],
    ['last Monday', '2023-05-01/2023-05-02'],
    ['next Tuesday', '2023-05-09/2023-05-10'],
    ['three days ago', '2023-05-04/2023-05-06'],
    ['twenty days ago', '2023-04-17/2023-04-19'],
    ['a fortnight ago', '2023-04-20/2023-04-28'],
    ['half a year ago', '2022-08-07/2023-02-06'],
    ['Monday last week', '2023-05-01/2023-05-02'],
    ['on the Friday of last week', '2023-05-05/2023-05-06'],
    ['Tuesday next week', '2023-05-16/2023-05-17'],
    ['the 5th of last month', '2023-04-05/2023-04-06'],
    ['10/2022', '2022-10-01/2022-11-01'],
    ['in Q2 2022', '2022-04-01/2022-07-01'],
    ['2022-Q4', '2022-10-01/2023-01-01'],
    ['the third quarter of 2022', '2022-07-01/2022-10-01'],
    ['from Q1 to Q3 2022', '2022-01-01/2022-10-01'],
    ['last quarter', '2023-01-01/2023-04-01'],
    ['this quarter', '2023-04-01/2023-07-01'],
    ['at 2023-05-07T10:00', '2023-05-07/2023-05-08'],
    ['2023-05', '2023-05-01/2023-06-01'],
    ['1-5 May 2023', '2023-05-01/2023-05-06'],
    ['the 1st to the 5th of May 2023', '2023-05-01/2023-05-06'],
    ['between 3 and 7 May', 'yearly 2000-05-03/2000-05-08'],
    ['May 3 to 7', 'yearly 2000-05-03/2000-05-08'],
    ['May 3-7, 2023', '2023-05-03/2023-05-08'],
    ['from 1 May to 20 June', 'yearly 2000-05-01/2000-06-21'],
    ['from 1 May to 20 June 2023', '2023-05-01/2023-06-21'],
    ['between May and July 2024', '2024-05-01/2024-08-01'],
    ['from December to February 2024', '2023-12-01/2024-03-01'],
    ['from 1 December 2023 to 5 January', '2023-12-01/2024-01-06'],
    ['from November to January', 'yearly 1999-11-01/2000-02-01'],
    ['2021-2023', '2021-01-01/2024-01-01'],
    ['summer 2022 to spring 2023', '2022-06-01/2023-06-01'],
    ['2023-05-01 to 2023-05-07', '2023-05-01/2023-05-08'],
    ["in Feb '25", '2025-02-01/2025-03-01'],
    ['in Feb. ’25', '2025-02-01/2025-03-01'],
    ["on 7 May '98", '1998-05-07/1998-05-08'],
    ["May 7th, '98", '1998-05-07/1998-05-08'],
    ["the summer of '69", '1969-06-01/1969-09-01'],
    ["in '03", '2003-01-01/2004-01-01'],
    ['Feb. 2025', '2025-02-01/2025-03-01'],
    ['2024/05/06', '2024-05-06/2024-05-07'],
    ['7/5/23', '2023-07-05/2023-07-06'],
    ['25/5/23', '2023-05-25/2023-05-26'],
    ['May the 5th', 'yearly 2000-05-05/2000-05-06'],
    ['May the 5th, 2023', '2023-05-05/2023-05-06'],
    ['in the last two weeks', '2023-04-24/2023-05-09'],
    ['in the last 24 hours', '2023-05-07/2023-05-09'],
    ['the past 48 hours', '2023-05-06/2023-05-09'],
    ['within the last hour', '2023-05-07/2023-05-09'],
    ['three hours ago', '2023-05-07/2023-05-09'],
    ['one hundred days ago', '2023-01-27/2023-01-29'],
    ['a hundred days ago', '2023-01-27/2023-01-29'],
    ['twenty-one days ago', '2023-04-16/2023-04-18'],
    ['twenty one days ago', '2023-04-16/2023-04-18'],
    ['two hundred days ago', '2022-10-19/2022-10-21'],
    ['one hundred and five days ago', '2023-01-22/2023-01-24'],
    ['1,000 days ago', '2020-08-10/2020-08-12'],
    ['It was 2019 day before yesterday', '2023-05-06/2023-05-07'],
    ['0 days ago', '2023-05-07/2023-05-09'],
    ['0.5 years ago', '2022-08-07/2023-02-06'],
    ['1000 days ago', '2020-08-10/2020-08-12'],
    ['2-3 days ago', '2023-05-04/2023-05-06'],
    ['We met at 5 yesterday', '2023-05-07/2023-05-08'],
    ['at 17.30 yesterday', '2023-05-07/2023-05-08'],
    ['She turned 30 last week', '2023-05-01/2023-05-08'],
    ['half past seven this morning', '2023-05-08/2023-05-09'],
    ['on May 3 last year', '2022-01-01/2023-01-01'],
    ['iPhone 15 two months ago', '2023-02-28/2023-03-16'],
    ['We left.Yesterday I swam', '2023-05-07/2023-05-08'],
    ['in the past two quarters', '2022-11-06/2023-05-09'],
    ['the last half year', '2022-11-06/2023-05-09'],
    ['over the last three days', '2023-05-05/2023-05-09'],
    ['the past 30 days', '2023-04-08/2023-05-09'],
    ['the last few days', '2023-05-05/2023-05-09'],
    ['the last couple of days', '2023-05-06/2023-05-09'],
    ['in the past week', '2023-05-01/2023-05-09'],
    ['in the past year', '2022-05-08/2023-05-09'],
    ['over the last year', '2022-05-08/2023-05-09'],
    ['the next three days', '2023-05-09/2023-05-12'],
    ['this morning', '2023-05-08/2023-05-09'],
  ])('are found in "%s"', (text, span) => {
    expect(spans(text)).toContain(span)
  })

  it('before a date are counted from it', () => {
    const [date, before] = spans('two weeks before 11 August 2023')
    expect(date).toBe('2023-08-11/2023-08-12')
    expect(before).toMatch(/^2023-07-2[67]\//)
  })

  it.each([
    ['three days before 15 May 2024', '2024-05-12/2024-05-13'],
    ['3 days after the 15th of May 2024', '2024-05-18/2024-05-19'],
    ['the day before 1 March 2024', '2024-02-29/2024-03-01'],
    ['the day after 31 December 2023', '2024-01-01/2024-01-02'],
    ['the week before 3 July 2024', '2024-06-26/2024-07-03'],
    ['the week after 3 July 2024', '2024-07-04/2024-07-11'],
    ['the week after May 2024', '2024-06-01/2024-06-08'],
    ['the day before yesterday', '2023-05-06/2023-05-07'],
    ['the day after tomorrow', '2023-05-10/2023-05-11'],
    ['two days after last Friday', '2023-05-07/2023-05-08'],
    ['three days before 15 May', 'yearly 2000-05-12/2000-05-13'],
    ['what did we do on 7 May 2023?', '2023-05-07/2023-05-08'],
    ['the year before 2022', '2021-01-01/2022-01-01'],
    ['twenty-one days before 3 July 2022', '2022-06-12/2022-06-13'],
    ['two hundred days before 3 July 2022', '2021-12-15/2021-12-16'],
    ['who called at 3 on Friday?', '2023-05-05/2023-05-06'],
    ['day before yesterday', '2023-05-06/2023-05-07'],
    ['what happened on Monday?', '2023-05-01/2023-05-02'],
    ['on Friday', '2023-05-05/2023-05-06'],
  ])('that "%s" asks about are those alone', (text, span) => {
    expect(spans(text, timesAsked)).toEqual([span])
  })

  it.each([
    ['since 2022', '2022-01-01/2023-05-09'],
    ['since last May', '2022-05-01/2023-05-09'],
    ['anything new since March?', '2023-03-01/2023-05-09'],
    ['since July', '2022-07-01/2023-05-09'],
    ['after 7 April 2023', '2023-04-08/2023-05-09'],
    ['trips 2022', '2022-01-01/2023-01-01'],
    ['September trips', 'yearly 2000-09-01/2000-10-01'],
  ])('that a question has with "%s" are those until now, or those that stand alone', (text, span) => {
    expect(spans(text, timesAsked)).toEqual([span])
  })

  it.each([
    ['before 2022', Date.UTC(2022, 0, 1)],
    ['before June', Date.UTC(2022, 5, 1)],
    ['until June', Date.UTC(2022, 6, 1)],
    ['until 5 May 2023', Date.UTC(2023, 4, 6)],
  ])('that a question has with "%s" have no beginning', (text, to) => {
    expect(timesAsked(text, moment)).toEqual([{ from: -8.64e15, to }])
  })

  it.each([
    ['March and April 2024', ['2024-03-01/2024-04-01', '2024-04-01/2024-05-01']],
    ['March, April and May 2024', ['2024-03-01/2024-04-01', '2024-04-01/2024-05-01', '2024-05-01/2024-06-01']],
    ['in March or April', ['yearly 2000-03-01/2000-04-01', 'yearly 2000-04-01/2000-05-01']],
    ['on 5 and 7 May 2023', ['2023-05-05/2023-05-06', '2023-05-07/2023-05-08']],
    ['the 5th and 7th of May', ['yearly 2000-05-05/2000-05-06', 'yearly 2000-05-07/2000-05-08']],
  ])('that share a month or a year are several: "%s"', (text, expected) => {
    expect(spans(text, timesAsked).sort()).toEqual(expected)
  })

  it('that stand beside what is counted from now are asked about themselves', () => {
    expect(spans('three days ago, on 5 May 2023', timesAsked)).toContain('2023-05-05/2023-05-06')
  })

  it('that are asked about are around the day in two weeks, or before them', () => {
    expect(spans('two weeks after 3 July 2024', timesAsked)).toEqual(['2024-07-15/2024-07-19'])
    expect(spans('two weeks before 3 July 2024', timesAsked)).toEqual(['2024-06-17/2024-06-21'])
  })

  it.each([
    'the day before we left',
    'you may go',
    'march on',
    'version 2023',
    'pages 5-10',
    'from 10 to 20',
    'call 555-2024',
    'from 3 days to 7 days',
    'at 7:30',
    '1.2.3.2024',
    '13/13/2023',
    '2023-13-01',
    '',
    'second to none',
    'on Monday we leave',
    'drove past weekday markets',
    'may the 5 of us go',
    'the 31st of last month',
    'a quarter after ten',
    'the first quarter was hard',
    '13/2023',
    'q5 2023',
    'quick 2022 q9',
    'two thousand days before we met',
  ])('are none in "%s"', (text) => {
    expect(spans(text)).toEqual([])
  })

  it.each([
    ['last May', '2026-05-01/2026-06-01'],
    ['last November', '2025-11-01/2025-12-01'],
    ['last month', '2026-10-01/2026-11-01'],
    ['next month', '2026-12-01/2027-01-01'],
    ['last week', '2026-11-16/2026-11-23'],
    ['this winter', '2026-12-01/2027-03-01'],
  ])('are seen from the moment of the text: "%s" in November', (text, expected) => {
    const [span] = timesIn(text, Date.UTC(2026, 10, 25, 12))
    const date = (time = 0) => new Date(time).toISOString().slice(0, 10)
    expect(`${date(span?.from)}/${date(span?.to)}`).toBe(expected)
  })

  it('of a very long text are those of its beginning', () => {
    for (const text of ['1 ', 'in may ', 'a few ', 'from may to ', 'q1 2023 and '])
      expect(timesIn(text.repeat(500_000), moment).length).toBeLessThan(1_000)
  })
})

describe('how near a time is to one that is asked about', () => {
  const may = { from: Date.UTC(2023, 4, 1), to: Date.UTC(2023, 5, 1) }
  const at = (time: number) => closeness(may, { from: time, to: time + 1 })

  it('is all within it, less with each day after it, and nothing before or long after', () => {
    expect(at(may.from)).toBe(1)
    expect(at(may.to + 7 * day)).toBeCloseTo(0.5)
    expect(at(may.from - 1)).toBe(0)
    expect(at(may.to + 20 * day)).toBe(0)
  })

  it('is little for a whole year', () => {
    const year = { from: Date.UTC(2023, 0, 1), to: Date.UTC(2024, 0, 1) }
    expect(closeness(year, { from: may.from, to: may.to })).toBeCloseTo(0.3)
  })

  it('counts in any year where no year is named, also at the turn of the year', () => {
    const december = { from: Date.UTC(2000, 11, 1), to: Date.UTC(2001, 0, 1), yearly: true as const }
    const near = (time: number) => closeness(december, { from: time, to: time + 1 })
    expect(near(Date.UTC(2022, 11, 24))).toBe(1)
    expect(near(Date.UTC(2023, 0, 4))).toBeGreaterThan(0.5)
    expect(near(Date.UTC(2023, 5, 4))).toBe(0)
  })
})
