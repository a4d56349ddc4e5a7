import type { ForkResponse, MemoryReport } from '../../contract/ramet.ts'
import { TestEngine } from '../support/engine.ts'
import { openSession, postgresImage, query } from '../support/postgres.ts'
import { json, machineFacts } from './facts.ts'
import { median, spread } from './median.ts'

/** Under emulation, ten servers that read all their rows at once take minutes. */
const PATIENCE_MS = 900_000

const SUM = "select sum(id) || '/' || sum(length(text)) from rows"
const FIRST = "select id from rows where ctid = '(0,1)'"

interface Size {
  children: number
  /** Forks one after the other, before those at once. */
  alone: number
  /** Of 1000 bytes each. */
  rows: number
}

/**
 * PostgreSQL, started, loaded with 200 MB of rows and read once, against forks of it, one after the other and then ten
 * at once: until each has answered a query over its own port. During the last of those alone, and during the ten, a client
 * of the parent asks on. Then each child writes, and none sees another's.
 */
export async function benchLivePostgres(
  size: Size = { children: 10, rows: 200_000, alone: 5 },
): Promise<object> {
  await using engine = await TestEngine.start()
  const { archive, tag } = await postgresImage()
  const { code, stderr } = await engine.ramet(['load', '-q', '-i', archive], { timeoutMs: 600_000 })
  if (code !== 0) throw new Error(`load failed: ${stderr}`)
  const ports = { '5432/tcp': [{ HostPort: '0' }] }
  const portOf = (id: string): Promise<number> => engine.portOf(id, '5432/tcp')
  const create = (): Promise<{ Id: string }> =>
    json(engine, 'POST', '/containers/create', {
      Image: tag,
      HostConfig: { Memory: 2 ** 30, PortBindings: ports },
    })
  // The template is there before, as after a pull.
  const first = await create()
  await json(engine, 'POST', `/containers/${first.Id}/start`)
  await json(engine, 'DELETE', `/containers/${first.Id}?force=1`)

  let begun = performance.now()
  const { Id } = await create()
  await json(engine, 'POST', `/containers/${Id}/start`)
  const port = await portOf(Id)
  await answers(port)
  const startedMs = performance.now() - begun
  await query(port, `create table rows as select g as id, repeat(chr(97 + g % 26), 1000) as text from generate_series(1, ${size.rows}) g`, PATIENCE_MS) // prettier-ignore
  const [[sum] = []] = await query(port, SUM, PATIENCE_MS)
  const readyMs = performance.now() - begun

  /** Until all have answered. */
  const fork = async (count: number): Promise<{ ms: number; response: ForkResponse; ports: number[] }> => {
    begun = performance.now()
    const response = await json<ForkResponse>(engine, 'POST', `/ramet/v1/containers/${Id}/fork`, { count, ports }) // prettier-ignore
    const own = await Promise.all(response.containers.map((child) => portOf(child.Id)))
    const rows = await Promise.all(own.map((each) => query(each, FIRST, PATIENCE_MS)))
    if (rows.some(([row]) => row?.[0] !== '1')) throw new Error('a child lacks the first row')
    return { ms: performance.now() - begun, response, ports: own }
  }
  /** By itself, as it was started and loaded: a client that asks on keeps a core busy. */
  const oneMs: number[] = []
  for (let round = 0; round < size.alone; round++) {
    const { ms, response } = await fork(1)
    oneMs.push(ms)
    await json(engine, 'DELETE', `/containers/${response.containers[0]!.Id}?force=1`)
  }
  let client = await watch(port)
  const { response: watched } = await fork(1)
  const longestOfOneMs = await client.end()
  await json(engine, 'DELETE', `/containers/${watched.containers[0]!.Id}?force=1`)
  client = await watch(port)
  const many = await fork(size.children)
  const longestMs = await client.end()

  const children = many.response.containers.map((child, at) => ({ ...child, port: many.ports[at]! }))
  const same = await Promise.all(children.map((child) => query(child.port, SUM, PATIENCE_MS)))
  for (const child of children)
    await query(child.port, `insert into rows values (-1, '${child.Name}')`, PATIENCE_MS)
  const own = await Promise.all(
    children.map((child) => query(child.port, 'select text from rows where id = -1', PATIENCE_MS)),
  )
  const ofParent = await query(port, 'select count(*) from rows where id = -1', PATIENCE_MS)
  const report = await json<MemoryReport>(engine, 'GET', '/ramet/v1/memory')
  return {
    machine: await machineFacts(engine),
    rows: size.rows,
    startedMs,
    readyMs,
    oneAnswersMs: spread(oneMs),
    ratioOfOne: median(oneMs) / readyMs,
    children: size.children,
    /** How long the parent stood still, and its client waited at most until the copy, or all, had answered. */
    pauseOfOne: { heldMs: watched.heldMs, stoppedMs: watched.stoppedMs, clientMs: longestOfOneMs },
    pauseOfAll: { heldMs: many.response.heldMs, stoppedMs: many.response.stoppedMs, clientMs: longestMs },
    allAnswerMs: many.ms,
    ratioOfAll: many.ms / readyMs,
    sameRows: same.every(([row]) => row?.[0] === sum),
    ownWrites: own.every((rows, at) => rows.length === 1 && rows[0]![0] === children[at]!.Name) && ofParent[0]![0] === '0', // prettier-ignore
    privateBytes: children.map((child) => report.containers.find(({ id }) => id === child.Id)!.privateBytes),
    savedBytes: report.totals.savedBytes,
  }
}

/** A client that asks without a pause over one connection; `end` answers how long it waited at most. */
async function watch(port: number): Promise<{ end(): Promise<number> }> {
  const session = await openSession(port, PATIENCE_MS)
  let longest = 0
  let done = false
  const asking = (async () => {
    while (!done) {
      const begun = performance.now()
      await session.ask('select 1')
      longest = Math.max(longest, performance.now() - begun)
    }
  })()
  // It is told where it is awaited.
  asking.catch(() => {})
  return {
    async end() {
      done = true
      await asking
      session.end()
      return longest
    },
  }
}

/** Under emulation its first start takes a minute or more. */
async function answers(port: number): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await query(port, 'select 1')
      return
    } catch (error) {
      if (tries > 1200) throw error
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
  }
}
