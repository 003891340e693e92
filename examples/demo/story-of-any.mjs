/**
 * The same acts for any conversation: questions are those beside the file, or the words of its own turns, and the
 * memories are the ones that `remember.mjs` derives.
 */
const hour = 3_600_000

export function storyOf(sessions, labelled, dayOf) {
  const [first] = sessions
  const users = [...new Set(sessions.map(({ user }) => user))]
  const mine = sessions.filter(({ user }) => user === first.user)
  const stranger = users[1] ?? 'stranger'
  const { speaker } = first.turns[0]
  const address = { namespace: `user:${first.user}:people`, key: speaker }
  const days = [0.25, 0.5, 1].map(
    (share) => mine[Math.max(0, Math.ceil(mine.length * share) - 1)].turns.at(-1).time + hour,
  )
  const questions = labelled ? spread(labelled.questions, 6) : ownQuestions(sessions)
  const text = questions.find(({ as }) => as === first.user)?.text ?? first.turns[0].text
  return {
    intro: 'Each conversation is a user of its own; those who talk in it are the actors of its events.',
    questions,
    questionsNote: labelled
      ? `Six of ${labelled.questions.length} labelled questions, evenly spaced, asked among the turns; ✓ marks the labelled evidence. Words are matched; no model.`
      : 'There is no queries.jsonl beside the file, so each question is the beginning of a turn, which ✓ marks.',
    labelled,
    rollBack: true,
    history: { ...address, as: first.user },
    race: { ...address, as: [first.user, first.user], values: [`Call ${speaker} back`, `Write to ${speaker}`] },
    deletion: { ...address, as: first.user },
    clocks: {
      as: first.user,
      memory: address,
      cell: 'day',
      question: `When did ${speaker} last talk?`,
      known: days,
      about: days,
      inWords: `Asked with what was known on ${dayOf(days[0])}, the answer is the one of then, whatever came after.`,
      search: { text, knownAt: days[0] },
    },
    apart: {
      people: [first.user, stranger],
      questions: [text],
      secret: { owner: first.user, ...address, session: first.id },
      stranger,
    },
    state: {
      user: first.user,
      session: mine.at(-1).id,
      key: 'mood',
      delta: { 'temp:draft': 'half a sentence', mood: 'curious', 'user:mood': 'patient' },
    },
  }
}

function spread(questions, wanted) {
  const size = Math.min(wanted, questions.length)
  return Array.from({ length: size }, (_, index) => questions[Math.floor(((index + 0.5) * questions.length) / size)])
}

function ownQuestions(sessions) {
  const step = Math.max(1, Math.floor(sessions.length / 4))
  return sessions
    .filter((_, index) => index % step === 0)
    .slice(0, 4)
    .map(({ user, turns }) => {
      const turn = turns[Math.floor(turns.length / 2)]
      return { as: user, text: turn.text.split(/\s+/).slice(0, 8).join(' '), expected: [turn.id], kinds: ['event'] }
    })
}
