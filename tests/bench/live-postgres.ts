import type { ForkResponse, MemoryReport } from '../../contract/ramet.ts'
import { TestEngine } from '../support/engine.ts'
import { postgresImage, query } from '../support/postgres.ts'
import { json, machineFacts } from './facts.ts'

interface Size {
  children: number
  /** Of 1000 bytes each. */
  rows: number
}

/**
 * PostgreSQL, started, loaded with 200 MB of rows and read once, against ten forks of it at once: until each has
 * answered a query over its own port. Then each writes, and none sees another's.
 */
export async function benchLivePostgres(size: Size = { children: 10, rows: 200_000 }): Promise<object> {
  await using engine = await TestEngine.start()
  const { archive, tag } = await postgresImage()
  const { code, stderr } = await engine.ramet(['load', '-q', '-i', archive], { timeoutMs: 600_000 })
  if (code !== 0) throw new Error(`load failed: ${stderr}`)
  const ports = { '5432/tcp': [{ HostPort: '0' }] }
  const portOf = async (id: string): Promise<number> => {
    const { NetworkSettings } = await engine.inspect(id)
    return Number(NetworkSettings.Ports['5432/tcp']![0]!.HostPort)
  }
  // The template is there before, as after a pull.
  await json(engine, 'POST', '/ramet/v1/templates', { image: tag, memoryBytes: 2 ** 30 }).catch(() => {})

  let begun = performance.now()
  const HostConfig = { Memory: 2 ** 30, PortBindings: ports }
  const { Id } = await json<{ Id: string }>(engine, 'POST', '/containers/create', { Image: tag, HostConfig })
  await json(engine, 'POST', `/containers/${Id}/start`)
  const port = await portOf(Id)
  await answers(port)
  const startedMs = performance.now() - begun
  await query(port, `create table rows as select g as id, repeat(chr(97 + g % 26), 1000) as text from generate_series(1, ${size.rows}) g`, 900_000) // prettier-ignore
  const [[sum] = []] = await query(port, "select sum(id) || '/' || sum(length(text)) from rows", 900_000)
  const readyMs = performance.now() - begun

  begun = performance.now()
  const forked = await json<ForkResponse>(engine, 'POST', `/ramet/v1/containers/${Id}/fork`, { count: size.children, ports }) // prettier-ignore
  const children = await Promise.all(forked.containers.map(async (child) => ({ ...child, port: await portOf(child.Id) }))) // prettier-ignore
  const first = await Promise.all(children.map((child) => query(child.port, 'select count(*) from rows')))
  const forkedMs = performance.now() - begun
  const one = performance.now()
  const alone = await json<ForkResponse>(engine, 'POST', `/ramet/v1/containers/${Id}/fork`, { ports })
  await query(await portOf(alone.containers[0]!.Id), 'select 1')
  const oneMs = performance.now() - one

  const same = await Promise.all(children.map((child) => query(child.port, 'select sum(id) || \'/\' || sum(length(text)) from rows'))) // prettier-ignore
  for (const child of children) await query(child.port, `insert into rows values (-1, '${child.Name}')`)
  const own = await Promise.all(
    children.map((child) => query(child.port, 'select text from rows where id = -1')),
  )
  const ofParent = await query(port, 'select count(*) from rows where id = -1')
  const report = await json<MemoryReport>(engine, 'GET', '/ramet/v1/memory')
  return {
    machine: await machineFacts(engine),
    rows: size.rows,
    startedMs,
    readyMs,
    heldMs: forked.heldMs,
    stoppedMs: forked.stoppedMs,
    children: size.children,
    allAnswerMs: forkedMs,
    oneAnswersMs: oneMs,
    ratioOfOne: oneMs / readyMs,
    ratioOfAll: forkedMs / readyMs,
    sameRows:
      first.every(([row]) => Number(row?.[0]) === size.rows) && same.every(([row]) => row?.[0] === sum),
    ownWrites: own.every((rows, at) => rows.length === 1 && rows[0]![0] === children[at]!.Name) && ofParent[0]![0] === '0', // prettier-ignore
    privateBytes: children.map((child) => report.containers.find(({ id }) => id === child.Id)!.privateBytes),
    savedBytes: report.totals.savedBytes,
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
