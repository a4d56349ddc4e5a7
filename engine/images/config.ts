import { EngineError } from '../../contract/errors.ts'
import type { ImageConfig, ImageHealthcheck, ImageHistory } from '../../contract/image.ts'
import { isDigest } from './digest.ts'
import { isObject, own, parseJson, type JsonObject } from './json.ts'

/** The highest id that is not the kernel's "no id". */
const MAX_ID = 2 ** 32 - 2

export interface ConfigBlob {
  created: string
  author: string
  architecture: string
  os: string
  diffIds: string[]
  config: ImageConfig
  history: ImageHistory[]
}

/** Reads an image's config blob; only what is known is taken over. Throws IMAGE_INVALID. */
export function parseConfig(data: Buffer): ConfigBlob {
  const json = parseJson(data, 'config')
  const rootfs = own(json, 'rootfs')
  const diffIds = isObject(rootfs) ? own(rootfs, 'diff_ids') : undefined
  if (!Array.isArray(diffIds) || !diffIds.every(isDigest)) invalid('rootfs.diff_ids', 'a list of digests')
  const config = own(json, 'config')
  const history = own(json, 'history')
  return {
    created: text(json, 'created') ?? '',
    author: text(json, 'author') ?? '',
    architecture: text(json, 'architecture') ?? '',
    os: text(json, 'os') ?? '',
    diffIds: diffIds as string[],
    config: isObject(config) ? runConfig(config) : {},
    history: Array.isArray(history) ? history.filter(isObject).map(historyEntry) : [],
  }
}

function runConfig(json: JsonObject): ImageConfig {
  const config: ImageConfig = {
    User: text(json, 'User'),
    Env: texts(json, 'Env'),
    Cmd: texts(json, 'Cmd'),
    Entrypoint: texts(json, 'Entrypoint'),
    WorkingDir: text(json, 'WorkingDir'),
    ExposedPorts: keys(json, 'ExposedPorts'),
    Volumes: keys(json, 'Volumes'),
    Labels: labels(json),
    StopSignal: text(json, 'StopSignal'),
    StopTimeout: number(json, 'StopTimeout'),
    Healthcheck: healthcheck(json),
    Shell: texts(json, 'Shell'),
    OnBuild: texts(json, 'OnBuild'),
  }
  for (const part of (config.User ?? '').split(':')) {
    if (/^\d+$/.test(part) && Number(part) > MAX_ID) invalid('User', `a name or an id up to ${MAX_ID}`)
  }
  for (const value of [config.User, config.WorkingDir, ...(config.Env ?? []), ...(config.Cmd ?? [])]) {
    if (value?.includes('\0')) invalid('config', 'free of NUL characters')
  }
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined))
}

function healthcheck(json: JsonObject): ImageHealthcheck | undefined {
  const value = own(json, 'Healthcheck')
  if (!isObject(value)) return undefined
  const names = ['Interval', 'Timeout', 'StartPeriod', 'StartInterval', 'Retries'] as const
  const check: ImageHealthcheck = { Test: texts(value, 'Test') }
  for (const name of names) {
    const figure = number(value, name)
    if (figure !== undefined) check[name] = figure
  }
  return check
}

function historyEntry(json: JsonObject): ImageHistory {
  return {
    created: text(json, 'created'),
    createdBy: text(json, 'created_by'),
    comment: text(json, 'comment'),
    emptyLayer: own(json, 'empty_layer') === true,
  }
}

function text(json: JsonObject, key: string): string | undefined {
  const value = own(json, key)
  if (value === undefined || value === null) return undefined
  return typeof value === 'string' ? value : invalid(key, 'a text')
}

function number(json: JsonObject, key: string): number | undefined {
  const value = own(json, key)
  if (value === undefined || value === null) return undefined
  return Number.isSafeInteger(value) ? (value as number) : invalid(key, 'a whole number')
}

function texts(json: JsonObject, key: string): string[] | undefined {
  const value = own(json, key)
  if (value === undefined || value === null) return undefined
  const valid = Array.isArray(value) && value.every((each) => typeof each === 'string')
  return valid ? (value as string[]) : invalid(key, 'a list of texts')
}

/** A set as Docker writes it: an object whose values are empty objects. */
function keys(json: JsonObject, key: string): Record<string, object> | undefined {
  const value = own(json, key)
  if (value === undefined || value === null) return undefined
  if (!isObject(value)) return invalid(key, 'an object')
  return Object.fromEntries(Object.keys(value).map((name) => [name, {}]))
}

function labels(json: JsonObject): Record<string, string> | undefined {
  const value = own(json, 'Labels')
  if (value === undefined || value === null) return undefined
  if (!isObject(value)) return invalid('Labels', 'an object')
  const entries = Object.entries(value)
  if (!entries.every(([, label]) => typeof label === 'string')) invalid('Labels', 'an object of texts')
  return Object.fromEntries(entries) as Record<string, string>
}

function invalid(field: string, must: string): never {
  throw new EngineError('IMAGE_INVALID', `the image's config is invalid: ${field} must be ${must}`)
}
