/** What to ask about examples/conversation.jsonl, and where in it the things are that the acts show. */

const plan = 'project:kumo:plan'

export const teaHouse = {
  project: 'kumo',
  inDetail: true,
  intro: 'Alice and Bob open a tea house in Lisbon. Each talks to Wren, their assistant, alone.',

  questions: [
    { as: 'alice', text: 'When does Kumo open?', expected: ['alice/2:3'] },
    { as: 'bob', text: 'Who works behind the counter?', expected: ['alice/2:11'] },
    { as: 'bob', text: 'How hot must the water for the matcha be?', expected: ['alice/1:11', 'alice/3:9'] },
    { as: 'alice', text: '宇治の抹茶', expected: ['alice/1:9'] },
    { as: 'bob', text: 'Which pasteis are on the menu?', expected: ['bob/1:7'] },
    { as: 'alice', text: 'How did the opening day go?', expected: ['alice/4:1'] },
  ],
  questionsNote: 'A ✓ is where the conversation says it. Words are matched, endings and accents folded; no model.',

  history: { namespace: 'project:kumo:recipes', key: 'matcha', as: 'alice' },
  race: { namespace: plan, key: 'hours', as: ['alice', 'bob'], values: ['Open from 8 to 19', 'Open from 7 to 18'] },
  deletion: { namespace: plan, key: 'tiles', as: 'bob' },

  clocks: {
    as: 'alice',
    memory: { namespace: plan, key: 'address' },
    question: 'Where is Kumo?',
    known: ['2026-05-01', '2026-05-10', '2026-06-21'],
    about: ['2026-05-20', '2026-06-04', '2026-06-15'],
    inWords:
      'On 1 May nobody knew about June: the pipe burst on 2 May. On 10 May a move on 1 June was certain, then the painters needed a week more. Every answer is still there.',
    search: { text: 'When does Kumo open?', knownAt: '2026-03-20' },
  },

  apart: {
    people: ['alice', 'bob'],
    questions: ['In which tone should I write?', 'What is the surprise for her birthday?'],
    secret: { owner: 'bob', namespace: 'user:bob:secrets', key: 'birthday', session: 'bob-2' },
    stranger: 'alice',
  },

  state: { user: 'alice', session: 'alice-4', key: 'style' },
}
