import type { Database } from 'better-sqlite3'
import { type IndexText, indexTextVersion } from '../../search/index-text.js'
import { asIndexed } from '../../search/words.js'
import { addJobs } from './embedding-jobs.js'
import { run, sql } from './statements.js'

export interface SearchItem {
  kind: 'memory' | 'event' | 'document'
  ref: number
  namespace: string
  owner: string | null
  type: string
  time: number
}

const insertItem = sql(
  'search.insertItem',
  `insert into search_items (kind, ref, namespace, owner, type, time, text_version)
   values (:kind, :ref, :namespace, :owner, :type, :time, :textVersion)`,
)

const insertText = sql(
  'search.insertText',
  `insert into search_text (rowid, scope, title, body)
   values (:id, :scope, :title, :body)`,
)

const removeItem = sql(
  'search.removeItem',
  `delete from search_items
   where kind = :kind and ref = :ref`,
)

export function indexItem(db: Database, item: SearchItem, text: IndexText): void {
  const { id } = run(db, insertItem, { ...item, textVersion: indexTextVersion })
  run(db, insertText, { id, scope: text.scope, title: asIndexed(text.title), body: asIndexed(text.body) })
  addJobs(db, id)
}

const updateVersion = sql(
  'search.updateVersion',
  `update search_items
   set text_version = :textVersion
   where id = :id`,
)

/** The text of an item that has a row and, at the moment, no text. */
export function setItemText(db: Database, id: number, text: IndexText): void {
  run(db, insertText, { id, scope: text.scope, title: asIndexed(text.title), body: asIndexed(text.body) })
  run(db, updateVersion, { id, textVersion: indexTextVersion })
}

const removeText = sql(
  'search.removeText',
  `delete from search_text
   where rowid = :id`,
)

export function replaceItemText(db: Database, id: number, text: IndexText): void {
  run(db, removeText, { id })
  setItemText(db, id, text)
}

const updateTime = sql(
  'search.updateTime',
  `update search_items
   set time = :time
   where id = :id`,
)

export function setItemTime(db: Database, id: number, time: number): void {
  run(db, updateTime, { id, time })
}

/** Its full text goes with it, by a trigger. */
export function unindexItem(db: Database, kind: SearchItem['kind'], ref: number): void {
  run(db, removeItem, { kind, ref })
}
