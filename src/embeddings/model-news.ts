/** What becomes of the model while a process embeds in the background. */
export type ModelNews =
  /** It does not answer, for the first time since it did. What waits stays so. */
  | { what: 'away'; space: string; reason: string; hint?: string }
  /** It answers again. */
  | { what: 'back'; space: string }

export type TellOfModel = (news: ModelNews) => void
