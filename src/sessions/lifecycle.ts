import { z } from 'zod'

export const sessionStatuses = ['created', 'active', 'paused', 'terminated', 'archived'] as const

/** Where a session is in its life. Events and state are taken until it is terminated; archived is the end. */
export type SessionStatus = (typeof sessionStatuses)[number]
export const sessionStatusSchema = z.enum(sessionStatuses)

const next: Record<SessionStatus, readonly SessionStatus[]> = {
  created: ['active', 'terminated'],
  active: ['paused', 'terminated'],
  paused: ['active', 'terminated'],
  terminated: ['archived'],
  archived: [],
}

/** Whether a session may go from one status to the other. Staying where it is is no step and always fine. */
export function isLegalTransition(from: SessionStatus, to: SessionStatus): boolean {
  return from === to || next[from].includes(to)
}

/** The statuses that may follow, for an error's hint. */
export function legalNext(from: SessionStatus): readonly SessionStatus[] {
  return next[from]
}

/** Whether events may be appended and state set. */
export function isOpen(status: SessionStatus): boolean {
  return status !== 'terminated' && status !== 'archived'
}
