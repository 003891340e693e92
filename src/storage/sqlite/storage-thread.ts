import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { type Failure, toFailure } from '../../errors.js'
import { translate } from './driver-errors.js'
import { GroupWriter, type Reply, type Request } from './group-writer.js'
import { openDatabase } from './open-database.js'
import { readQueries, runQuery } from './read-queries.js'
import { mergeIndex } from './search-merge.js'
import { SnapshotReader } from './snapshot-reader.js'
import { prepareStore, type StoreFile, writerOptions } from './store-file.js'
import { writeOperations } from './write-operations.js'

/** What a storage thread is told at its start. */
export interface ThreadSetup {
  /** `snapshot`: one export, from one view of the store, and then the thread is over. */
  role: 'writer' | 'reader' | 'snapshot'
  file: StoreFile
}

export type ThreadMessage = 'ready' | Reply[] | { failure: Failure }

const threadBusyTimeoutMs = 5000

// Callers that are answered in one message go on in lockstep, and none has its next request ready before all nearly have:
// the thread waits for all of them. In small messages the first requests are back while the other callers are answered:
// 50 callers add at .82 instead of .74 of the speed of a plain loop.
const repliesTogether = 16

/** The entry of storage threads: a shell around functions that run in-process as well, where tests can see into them. */
function main(port: MessagePort, { role, file }: ThreadSetup): void {
  try {
    if (role === 'writer') serveWrites(port, file)
    else if (role === 'reader') serveReads(port, file)
    else serveSnapshot(port, file)
    port.postMessage('ready')
  } catch (error) {
    port.postMessage({ failure: toFailure(translate(error, file.path)) })
    port.close()
  }
}

function serveWrites(port: MessagePort, file: StoreFile): void {
  const db = prepareStore(file, threadBusyTimeoutMs)
  let closing = false
  const take = (message: Request[] | 'close'): Request[] => {
    if (message !== 'close') return message
    closing = true
    return []
  }
  const poll = (): Request[] => {
    const found: Request[] = []
    for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port))
      found.push(...take(next.message))
    return found
  }
  const reply = (replies: Reply[]): void => {
    for (let at = 0; at < replies.length; at += repliesTogether) {
      port.postMessage(replies.slice(at, at + repliesTogether))
    }
  }
  const options = { operations: writeOperations, ...writerOptions(file), poll, tidy: mergeIndex }
  const writer = new GroupWriter(db, options, reply)
  const closeWhenAsked = async (): Promise<void> => {
    await writer.idle()
    if (!closing) return
    db.close()
    port.close()
  }
  port.on('message', (message: Request[] | 'close') => {
    writer.push(take(message))
    void closeWhenAsked()
  })
}

function serveReads(port: MessagePort, file: StoreFile): void {
  const db = openDatabase(file.path, {
    role: 'reader',
    durability: file.durability,
    busyTimeoutMs: threadBusyTimeoutMs,
  })
  port.on('message', (message: Request[] | 'close') => {
    if (message === 'close') {
      db.close()
      port.close()
      return
    }
    for (const request of message) port.postMessage([runQuery(db, readQueries, request)])
  })
}

function serveSnapshot(port: MessagePort, file: StoreFile): void {
  const reader = new SnapshotReader(file, threadBusyTimeoutMs)
  port.on('message', (message: Request[] | 'close') => {
    if (message === 'close') {
      reader.close()
      port.close()
      return
    }
    for (const request of message) port.postMessage([reader.answer(request)])
  })
}

if (parentPort) main(parentPort, workerData as ThreadSetup)
