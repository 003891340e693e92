import { CairnError } from '../errors.js'

/** An address as it was set. `setting` says where, should it be none, or one with a password, which is not sent. */
export function serverUrl(text: string, setting: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.username || url?.password) {
    throw new CairnError('config_invalid', `${setting} has a name or a password in it, which is not sent.`, {
      hint: 'Name the address alone. A key is taken from the environment variable that embedder.apiKeyEnv names.',
    })
  }
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url
  throw new CairnError('config_invalid', `${setting} is not the address of a server: ${text}.`, {
    hint: 'Such as http://127.0.0.1:11434.',
  })
}

/** The address to put a path behind. */
export function withoutSlash({ origin, pathname }: URL): string {
  return `${origin}${pathname}`.replace(/\/+$/, '')
}
