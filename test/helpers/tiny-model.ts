import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const vocabulary = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'search', 'document', 'query', 'cat', 'dog', 'moon', ':', '_']
export const tinyDimensions = 6

/** The vector of each token of the tiny model; the model's is the mean over a text, with a [CLS] before and a [SEP] behind. */
export function tinyVectors(): Map<string, number[]> {
  const row = (token: number): number[] =>
    Array.from({ length: tinyDimensions }, (_, place) =>
      Math.fround(Math.sin((token * tinyDimensions + place) * 7 + 1)),
    )
  return new Map(vocabulary.map((word, token) => [word, row(token)]))
}

/**
 * Writes a model as @huggingface/transformers loads them, into a folder of its own: a tokenizer of a dozen words and, as
 * ONNX, a table that is looked into.
 */
export function writeTinyModel(models: string, name: string): void {
  const folder = join(models, name)
  mkdirSync(join(folder, 'onnx'), { recursive: true })
  writeFileSync(join(folder, 'onnx/model.onnx'), onnxModel())
  const write = (file: string, content: unknown): void => writeFileSync(join(folder, file), JSON.stringify(content))
  write('config.json', { model_type: 'bert', architectures: ['BertModel'], hidden_size: tinyDimensions })
  write('tokenizer_config.json', { tokenizer_class: 'BertTokenizer', model_max_length: 16, ...specialTokens() })
  write('tokenizer.json', tokenizer())
}

function specialTokens(): Record<string, string> {
  return { pad_token: '[PAD]', unk_token: '[UNK]', cls_token: '[CLS]', sep_token: '[SEP]' }
}

function tokenizer(): unknown {
  const special = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true }
  const around = (id: string): unknown => ({ SpecialToken: { id, type_id: 0 } })
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: vocabulary.slice(0, 4).map((content, id) => ({ id, content, ...special })),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [around('[CLS]'), { Sequence: { id: 'A', type_id: 0 } }, around('[SEP]')],
      pair: [],
      special_tokens: {
        '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] },
        '[SEP]': { id: '[SEP]', ids: [3], tokens: ['[SEP]'] },
      },
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocabulary.map((word, id) => [word, id])),
    },
  }
}

// The numbers of the fields are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
function onnxModel(): Uint8Array {
  const values = Float32Array.from([...tinyVectors().values()].flat())
  const table = message(
    field(1, vocabulary.length),
    field(1, tinyDimensions),
    field(2, 1),
    field(8, 'table'),
    field(9, new Uint8Array(values.buffer)),
  )
  const lookUp = message(field(1, 'table'), field(1, 'input_ids'), field(2, 'last_hidden_state'), field(4, 'Gather'))
  const open = [namedSize('batch'), namedSize('tokens')]
  const graph = message(
    field(1, lookUp),
    field(2, 'tiny'),
    field(5, table),
    field(11, tensorType('input_ids', 7, open)),
    field(11, tensorType('attention_mask', 7, open)),
    field(12, tensorType('last_hidden_state', 1, [...open, field(1, field(1, tinyDimensions))])),
  )
  return message(field(1, 8), field(7, graph), field(8, message(field(1, ''), field(2, 13))))
}

function tensorType(name: string, element: number, sizes: Uint8Array[]): Uint8Array {
  return message(field(1, name), field(2, field(1, message(field(1, element), field(2, message(...sizes))))))
}

function namedSize(name: string): Uint8Array {
  return field(1, field(2, name))
}

function message(...fields: Uint8Array[]): Uint8Array {
  return Buffer.concat(fields)
}

/** A field of a protocol buffer: its number and kind, then a number, or a length and that many bytes. */
function field(number: number, value: number | string | Uint8Array): Uint8Array {
  if (typeof value === 'number') return Buffer.concat([varint(number * 8), varint(value)])
  const bytes = Buffer.from(value)
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes])
}

function varint(value: number): Uint8Array {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...bytes, rest])
    bytes.push((rest % 128) + 128)
  }
}
