import { CairnError } from '../errors.js'

/** An address as it was set, without a slash at its end. `setting` says where, should it be none. */
export function serverUrl(text: string, setting: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url
  throw new CairnError('config_invalid', `${setting} is not the address of a server: ${text}.`, {
    hint: 'Such as http://127.0.0.1:11434.',
  })
}

/** The address to put a path behind. */
export function withoutSlash({ origin, pathname }: URL): string {
  return `${origin}${pathname}`.replace(/\/+$/, '')
}
