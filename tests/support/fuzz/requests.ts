import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from './random.ts'

/** What a client does once its bytes are sent. */
export type Manner = 'waits' | 'ends' | 'leaves' | 'lingers'

export interface FuzzRequest {
  bytes: Buffer
  manner: Manner
  /** The request is whole HTTP, and not one whose answer may never end: an answer has to come. */
  answered: boolean
  /** For people. */
  what: string
}

export interface Targets {
  /** A container that runs. Nothing that would end it is asked of it. */
  running: string
  /** One that was created; it may be gone. */
  created: string
  /** An exec of the running one. */
  exec: string
  image: string
}

const ENDPOINTS = readFileSync(join(import.meta.dirname, '../docker-api/endpoints-1.51.txt'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => line.split(' ') as [method: string, path: string])
const RAMET = [
  ['GET', '/ramet/v1/memory'],
  ['GET', '/ramet/v1/templates'],
  ['POST', '/ramet/v1/templates'],
  ['DELETE', '/ramet/v1/templates/{id}'],
  ['GET', '/ramet/v1/nothing'],
] as [string, string][]
const ALL = [...ENDPOINTS, ...RAMET]

/** Answers of these may last as long as what they tell of. */
const ENDLESS = /^\/(events|containers\/[^/]+\/(attach|logs|wait|stats)|exec\/[^/]+\/start)/
/** They need a VM: one for each request would make this a test of patience. */
const BOOTS = /^(POST .*\/(start|restart)|(GET|HEAD|PUT) .*\/(archive|export|changes)|POST \/commit)/
/** They reach for registries, or end what the others are aimed at. */
const SPARED = /^(POST \/images\/create|POST \/auth|DELETE \/images|POST \/images\/prune)/
const ENDS = /^(DELETE|POST .*\/(stop|kill|restart|pause|unpause|rename|update|prune))/
const HIJACKS = [
  '/containers/RUNNING/attach?stream=1&stdin=1&stdout=1&stderr=1',
  '/containers/CREATED/attach?stream=1&stdin=1&stdout=1&logs=1',
  '/exec/EXEC/start',
]
const QUERY = ['all', 'filters', 'limit', 'size', 'force', 'v', 'stdout', 'stderr', 'follow', 'tail', 'since', 'until', 't', 'signal', 'condition', 'h', 'w', 'path', 'name', 'names', 'repo', 'tag', 'stream', 'logs', 'ps_args', 'one-shot'] // prettier-ignore
const VERSIONS = ['', '/v1.51', '/v1.44', '/v1.24', '/v1.99', '/v1.2', '/v9', '/v1.51/v1.51', '/vx']

export function fuzzRequest(random: Random, targets: Targets): FuzzRequest {
  const kind = random.below(20)
  if (kind < 9) return wrongBody(random, targets)
  if (kind < 12) return wrongPath(random, targets)
  if (kind < 16) return halfOpen(random, targets)
  if (kind < 18) return brokenHttp(random, targets)
  return random.oneIn(30) ? huge(random) : wrongBody(random, targets)
}

/** A body of wrong types, or none that is JSON. */
function wrongBody(random: Random, targets: Targets): FuzzRequest {
  const [method, path] = endpoint(random, targets)
  const text = random.oneIn(4) ? malformed(random) : (JSON.stringify(random.json(4)) ?? '')
  const type = random.oneIn(8) ? random.pick(['text/plain', 'application/x-tar', '']) : 'application/json'
  const body = method === 'GET' || method === 'HEAD' ? '' : text
  return whole(random, method, path, body, [`Content-Type: ${type}`])
}

function malformed(random: Random): string {
  const text = JSON.stringify({ Image: 'busybox', HostConfig: { Binds: [random.json()] } })
  return random.pick([
    text.slice(0, random.below(text.length)),
    `${text}}`,
    '['.repeat(random.below(20_000)),
    '{"__proto__":{"x":1}}',
    `{"Image":"busybox","Image":${random.below(9)}}`,
    random.bytes(random.below(200)).toString('latin1'),
    'nul',
    '"',
  ])
}

function wrongPath(random: Random, targets: Targets): FuzzRequest {
  const [method, path] = endpoint(random, targets)
  const piece = random.pick([
    ...['%', '%zz', '%00', '%2e%2e%2f', '..', '//', '/', '%ff%fe', '\u00e9', '\u2028', 'a'.repeat(3000)],
    ...['?filters={', '?filters=[]', '?filters={"label":{"a":1}}', '?h=-1&w=NaN', '?tail=1e99', '?since=x'],
    ...['?condition=never', '?signal=SIGNOPE', '?names=&names=', '?path=%00', '?__proto__=1', '?a[b]=1'],
    ...['#', ';', '?', '&', '?limit=99999999999999999999', '?t=-99', '/../../containers/json'],
  ])
  const at = random.below(path.length + 1)
  const mangled = random.oneIn(2) ? path + piece : path.slice(0, at) + piece + path.slice(at)
  return whole(random, method, random.pick(VERSIONS) + mangled, '', [])
}

/** A client that takes a connection over, and then does not do what it ought to. */
function halfOpen(random: Random, targets: Targets): FuzzRequest {
  const path = random.pick(HIJACKS).replace('RUNNING', targets.running).replace('CREATED', targets.created).replace('EXEC', targets.exec) // prettier-ignore
  const body = path.startsWith('/exec') ? JSON.stringify({ Detach: false, Tty: random.oneIn(2) }) : ''
  const upgrade = random.oneIn(2) ? ['Upgrade: tcp', 'Connection: Upgrade'] : []
  const head = requestHead('POST', path, [...upgrade, 'Content-Type: application/json', `Content-Length: ${body.length}`]) // prettier-ignore
  const typed = random.bytes(random.below(3000))
  const all = Buffer.concat([Buffer.from(head + body), typed])
  const bytes = random.oneIn(3) ? all.subarray(0, random.below(all.length)) : all
  const manner = random.pick(['ends', 'leaves', 'lingers'] as const)
  return { bytes, manner, answered: false, what: `${manner} POST ${path}` }
}

/** What is not quite HTTP. */
function brokenHttp(random: Random, targets: Targets): FuzzRequest {
  const [method, path] = endpoint(random, targets)
  const text = random.pick([
    random.bytes(random.below(500)).toString('latin1'),
    `${method} ${path} HTTP/9.9\r\n\r\n`,
    `${method} ${path}\r\n\r\n`,
    `${method} ${path} HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `${method} ${path} HTTP/1.1\r\nContent-Length: -5\r\n\r\n`,
    `${method} ${path} HTTP/1.1\r\nContent-Length: 900\r\n\r\n{`,
    `${method} ${path} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n{`,
    `${method} ${path} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
    `${method} ${path} HTTP/1.1\r\nX: ${'y'.repeat(80_000)}\r\n\r\n`,
    `${method} ${path} HTTP/1.1\r\nX-Registry-Auth: ${JSON.stringify(random.json())}\r\nUpgrade: h2c\r\n\r\n`,
    `${method} ${path} HTTP/1.1\r\nUpgrade: tcp\r\nConnection: Upgrade\r\nContent-Length: 99999999\r\n\r\n`,
    `${random.pick(['BREW', 'get', 'PRI', 'TRACE', 'OPTIONS', 'CONNECT'])} ${path} HTTP/1.1\r\nHost: x\r\n\r\n`,
  ])
  const manner = random.pick(['ends', 'leaves', 'lingers'] as const)
  return {
    bytes: Buffer.from(text, 'latin1'),
    manner,
    answered: false,
    what: `${manner}: ${text.slice(0, 80)}`,
  }
}

/** Bodies over the limit, and such as only claim it. */
function huge(random: Random): FuzzRequest {
  const length = 4 * 1024 * 1024 + 1 + random.below(1000)
  const body = random.oneIn(2) ? 'x'.repeat(length) : `{"Image":"${'y'.repeat(length)}"}`
  return { ...whole(random, 'POST', '/containers/create', body, ['Content-Type: application/json']), answered: false } // prettier-ignore
}

function endpoint(random: Random, targets: Targets): [method: string, path: string] {
  for (;;) {
    const [method, pattern] = random.pick(ALL)
    if (SPARED.test(`${method} ${pattern}`) && !random.oneIn(50)) continue
    const real = !ENDS.test(`${method} ${pattern}`) ? targets.running : targets.created
    const boots = BOOTS.test(`${method} ${pattern}`) && real === targets.created
    const id = boots || random.oneIn(3) ? random.pick(['nobody', '0'.repeat(64), '-', '%20', 'a b']) : real
    const filled = pattern
      .replace('/exec/{id}', `/exec/${random.oneIn(2) ? targets.exec : id}`)
      .replace('/images/{name}', `/images/${random.oneIn(2) ? targets.image : id}`)
      .replace(/\{\w+\}/, id)
    return [method, filled + query(random)]
  }
}

function query(random: Random): string {
  if (random.oneIn(2)) return ''
  const pairs = Array.from({ length: 1 + random.below(3) }, () => {
    const value = random.json(2)
    return `${random.pick(QUERY)}=${encodeURIComponent(typeof value === 'string' ? value.slice(0, 500) : (JSON.stringify(value) ?? ''))}`
  })
  return `?${pairs.join('&')}`
}

function whole(random: Random, method: string, path: string, body: string, headers: string[]): FuzzRequest {
  const data = Buffer.from(body)
  const length = data.length > 0 ? [`Content-Length: ${data.length}`] : []
  const head = requestHead(method, path, [...headers, ...length, 'Connection: close'])
  const manner = random.oneIn(6) ? random.pick(['ends', 'leaves'] as const) : 'waits'
  const endless = ENDLESS.test(path.replace(/^\/v[\d.]+/, '').replace(/^\/+/, '/'))
  return {
    bytes: Buffer.concat([Buffer.from(head), data]),
    manner,
    answered: manner === 'waits' && !endless,
    what: `${manner} ${method} ${path.slice(0, 200)} ${body.slice(0, 200)}`,
  }
}

function requestHead(method: string, path: string, headers: string[]): string {
  return [`${method} ${path} HTTP/1.1`, 'Host: docker', ...headers, '', ''].join('\r\n')
}
