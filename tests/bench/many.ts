import { readFile } from 'node:fs/promises'
import type { MemoryReport } from '../../contract/ramet.ts'
import { TestEngine } from '../support/engine.ts'
import { until } from '../support/fixture.ts'
import { busyboxImage } from '../support/images.ts'
import { json, machineFacts } from './facts.ts'
import { availableBytes, settledMemory } from './host-memory.ts'

const MIB = 1024 ** 2
const MANY = Number(process.env['RAMET_BENCH_MANY'] ?? 100)
/** What each of those reserves and writes that come after them, until one more is refused; 0 for such as take no more than those. */
const FILL_MIB = Number(process.env['RAMET_BENCH_FILL_MIB'] ?? 512)
const FILL_MS = Number(process.env['RAMET_BENCH_FILL_SECONDS'] ?? 240) * 1000
const AT_ONCE = 4

/**
 * A hundred containers of one image at once, all of which answer; what they hold by the engine's account, and by the
 * memory that the workstation has left. Then more, which write to what they have reserved, and none of which waits for
 * those before it, until one is refused: how much is left once all have written, whether all still answer, and whether
 * that one starts once another has gone.
 */
export async function benchMany(): Promise<object> {
  await using engine = await TestEngine.start()
  const { archive, tag } = await busyboxImage()
  const loaded = await engine.ramet(['load', '-q', '-i', archive])
  if (loaded.code !== 0) throw new Error(`load failed: ${loaded.stderr}`)
  const create = async (body: object): Promise<string> =>
    (await json<{ Id: string }>(engine, 'POST', '/containers/create', { Image: tag, ...body })).Id
  const start = (id: string): Promise<void> => json(engine, 'POST', `/containers/${id}/start`)
  const run = async (): Promise<string> => {
    const id = await create({ Cmd: ['sleep', '1000000'] })
    await start(id)
    return id
  }
  // The template is made, and all of it is in the page cache, before anything is measured.
  await json(engine, 'DELETE', `/containers/${await run()}?force=1`)
  await settledMemory()
  const before = await availableBytes()
  const begun = performance.now()
  const ids: string[] = []
  while (ids.length < MANY) ids.push(await run())
  const startedMs = performance.now() - begun
  const answered = await answering(engine, ids)
  await settledMemory()
  const taken = before - (await availableBytes())
  const { totals, containers } = await json<MemoryReport>(engine, 'GET', '/ramet/v1/memory')
  const own = containers.reduce((sum, row) => sum + row.privateBytes + row.overheadBytes, 0)

  const script = `dd if=/dev/zero of=/fill/it bs=1M count=${FILL_MIB} 2>/dev/null; echo written; exec sleep 1000000`
  const HostConfig = {
    Memory: (FILL_MIB + 128) * MIB,
    MemoryReservation: FILL_MIB * MIB,
    Tmpfs: { '/fill': `size=${FILL_MIB + 1}m` },
  }
  const filler = (): Promise<string> =>
    create(FILL_MIB === 0 ? { Cmd: ['sleep', '1000000'] } : { Cmd: ['sh', '-c', script], HostConfig })
  let refused: { id: string; message: string } | undefined
  const deadline = performance.now() + FILL_MS
  while (performance.now() < deadline) {
    const id = await filler()
    const message = await start(id).then(() => undefined, (error: Error) => error.message) // prettier-ignore
    if (message !== undefined) {
      refused = { id, message }
      break
    }
    ids.push(id)
  }
  for (const id of FILL_MIB > 0 ? ids.slice(MANY) : []) {
    // By the file: a command line each time would take the CPUs that the guest needs.
    const { LogPath } = await engine.inspect(id)
    const written = async (): Promise<boolean> => (await readFile(LogPath, 'latin1')).includes('written')
    await until('all have written', written, FILL_MS)
  }
  await settledMemory()
  const availableThen = await availableBytes()
  const running = ids.length
  const stillAnswer = await answering(engine, ids)
  let startsLater: boolean | undefined
  if (refused) {
    await json(engine, 'DELETE', `/containers/${ids.pop()!}?force=1`)
    startsLater = await start(refused.id).then(() => true, () => false) // prettier-ignore
  }
  return {
    machine: await machineFacts(engine),
    containers: MANY,
    answered,
    startedMs,
    byEngineBytes: own,
    actualBytes: totals.actualBytes,
    byHostBytes: taken,
    ratio: own / taken,
    fillMib: FILL_MIB,
    running,
    refused: refused?.message ?? `none was refused within ${FILL_MS / 1000} s`,
    availableBytes: availableThen,
    stillAnswer,
    startsLater,
  }
}

/** How many of the containers run a command that they are asked to. */
async function answering(engine: TestEngine, ids: string[]): Promise<number> {
  const left = [...ids]
  let answered = 0
  const ask = async (): Promise<void> => {
    for (let id = left.pop(); id; id = left.pop()) {
      const { stdout } = await engine.ramet(['exec', id, 'echo', 'here'])
      if (stdout === 'here\n') answered++
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, ask))
  return answered
}
