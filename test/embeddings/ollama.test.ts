import { describe, expect, it } from 'vitest'
import { ollamaUrl } from '../../src/embeddings/ollama.js'
import { thrown } from '../helpers/refusal.js'

describe('where Ollama is', () => {
  it.each([
    [undefined, 'http://127.0.0.1:11434'],
    ['', 'http://127.0.0.1:11434'],
    ['0.0.0.0', 'http://127.0.0.1:11434'],
    ['0.0.0.0:8080', 'http://127.0.0.1:8080'],
    [':8080', 'http://127.0.0.1:8080'],
    ['box', 'http://box:11434'],
    ['box:80', 'http://box'],
    ['http://box', 'http://box'],
    ['https://box/', 'https://box'],
    ['https://box/ollama/', 'https://box/ollama'],
    [' "box:1234" ', 'http://box:1234'],
    ['::1', 'http://[::1]:11434'],
    ['[::]:8080', 'http://[::1]:8080'],
    ['[fe80::1]:8080', 'http://[fe80::1]:8080'],
  ])('with OLLAMA_HOST=%s is %s', (host, url) => {
    expect(ollamaUrl(undefined, { OLLAMA_HOST: host })).toBe(url)
  })

  it('is where it was set, whatever OLLAMA_HOST says', () => {
    expect(ollamaUrl('http://there:1/', { OLLAMA_HOST: 'here' })).toBe('http://there:1')
  })

  it('is nowhere when that is no address', () => {
    expect(thrown(() => ollamaUrl(undefined, { OLLAMA_HOST: 'a b' }), 'config_invalid').message).toMatch('OLLAMA_HOST')
    const withPassword = thrown(() => ollamaUrl(undefined, { OLLAMA_HOST: 'http://u:secret@box' }), 'config_invalid')
    expect(withPassword.message).toBe('OLLAMA_HOST has a name or a password in it, which is not sent.')
    expect(thrown(() => ollamaUrl('127.0.0.1:11434', {}), 'config_invalid').message).toMatch('embedder.url')
  })
})
