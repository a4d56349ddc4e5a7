import { posix } from 'node:path'
import { EngineError } from '../../contract/errors.ts'
import type { ImageConfig } from '../../contract/image.ts'
import { expandWord, splitWords } from './dockerfile-words.ts'

type Change = (config: ImageConfig, text: string) => ImageConfig

const CHANGES: Record<string, Change> = {
  CMD: (config, text) => ({ ...config, Cmd: command(text, config) }),
  ENTRYPOINT: (config, text) => ({ ...config, Entrypoint: command(text, config) }),
  ENV: (config, text) => ({
    ...config,
    Env: pairs('ENV', text, config).reduce(
      (env, [name, value]) => withVariable(env, name, value),
      config.Env ?? [],
    ),
  }),
  EXPOSE: (config, text) => ({
    ...config,
    ExposedPorts: { ...config.ExposedPorts, ...keys(words(text, config).flatMap(ports)) },
  }),
  LABEL: (config, text) => ({
    ...config,
    Labels: { ...config.Labels, ...Object.fromEntries(pairs('LABEL', text, config)) },
  }),
  ONBUILD: (config, text) => {
    if (/^(ONBUILD|FROM|MAINTAINER)\b/i.test(text)) invalid(`ONBUILD ${text}`, 'it cannot be delayed')
    return { ...config, OnBuild: [...(config.OnBuild ?? []), text] }
  },
  USER: (config, text) => ({ ...config, User: words(text, config).join(' ') }),
  VOLUME: (config, text) => ({
    ...config,
    Volumes: { ...config.Volumes, ...keys(listOf(text) ?? words(text, config)) },
  }),
  WORKDIR: (config, text) => {
    const folder = words(text, config).join(' ')
    return { ...config, WorkingDir: posix.resolve('/', config.WorkingDir ?? '', folder) }
  },
}

/**
 * Applies instructions of a Dockerfile, as `docker commit --change` and `docker import --change` give them, to an
 * image's config. Throws INVALID_ARGUMENT, naming the instruction.
 */
export function applyChanges(config: ImageConfig, changes: string[]): ImageConfig {
  const lines = changes.flatMap((change) => change.replace(/\\\r?\n/g, ' ').split(/\r?\n/))
  let changed = config
  let cmdGiven = false
  for (const line of lines
    .map((each) => each.trim())
    .filter((each) => each !== '' && !each.startsWith('#'))) {
    changed = applyChange(changed, line)
    if (/^cmd\b/i.test(line)) cmdGiven = true
    // As in a Dockerfile: what was another program's arguments means nothing to this one.
    if (/^entrypoint\b/i.test(line) && !cmdGiven) changed = { ...changed, Cmd: undefined }
  }
  return changed
}

function applyChange(config: ImageConfig, line: string): ImageConfig {
  const [, word = '', text = ''] = /^(\S+)\s*(.*)$/s.exec(line)!
  const change = Object.hasOwn(CHANGES, word.toUpperCase()) ? CHANGES[word.toUpperCase()]! : undefined
  if (!change) invalid(line, `${word} cannot be applied here; known are ${Object.keys(CHANGES).join(', ')}`)
  if (text === '') invalid(line, 'it says nothing')
  return change!(config, text)
}

function command(text: string, { Shell }: ImageConfig): string[] {
  return listOf(text) ?? [...(Shell ?? ['/bin/sh', '-c']), text]
}

function listOf(text: string): string[] | undefined {
  if (!text.startsWith('[')) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) && value.every((each) => typeof each === 'string') ? value : undefined
  } catch {
    return undefined
  }
}

/** `a=b c="d e"`, or one name and all the rest of the line as its value. */
function pairs(word: string, text: string, config: ImageConfig): [string, string][] {
  const [first = '', ...rest] = splitWords(text)
  const env = config.Env ?? []
  if (!first.includes('=')) {
    if (rest.length === 0) invalid(`${word} ${text}`, 'it needs name=value')
    return [[expandWord(first, env), expandWord(text.slice(first.length).trim(), env)]]
  }
  return [first, ...rest].map((pair) => {
    const at = pair.indexOf('=')
    if (at < 1) invalid(`${word} ${text}`, `'${pair}' is not name=value`)
    return [expandWord(pair.slice(0, at), env), expandWord(pair.slice(at + 1), env)]
  })
}

const words = (text: string, { Env = [] }: ImageConfig): string[] =>
  splitWords(text).map((word) => expandWord(word, Env))

function withVariable(env: string[], name: string, value: string): string[] {
  return [...env.filter((each) => !each.startsWith(`${name}=`)), `${name}=${value}`]
}

function ports(text: string): string[] {
  const [, first = '', last = first, protocol = 'tcp'] =
    /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/i.exec(text) ?? []
  const [from, to] = [Number(first), Number(last)]
  if (first === '' || from < 1 || to > 65535 || to < from)
    invalid(`EXPOSE ${text}`, 'give a port, as 80, 53/udp or 8000-8010')
  return Array.from({ length: to - from + 1 }, (_, at) => `${from + at}/${protocol.toLowerCase()}`)
}

const keys = (names: string[]): Record<string, object> => Object.fromEntries(names.map((name) => [name, {}]))

function invalid(line: string, why: string): never {
  throw new EngineError('INVALID_ARGUMENT', `cannot apply the change '${line}': ${why}`)
}
