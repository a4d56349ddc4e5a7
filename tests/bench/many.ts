import type { MemoryReport } from '../../contract/ramet.ts'
import { TestEngine } from '../support/engine.ts'
import { busyboxImage } from '../support/images.ts'
import { json, machineFacts } from './facts.ts'
import { availableBytes, settledMemory } from './host-memory.ts'

const MANY = Number(process.env['RAMET_BENCH_MANY'] ?? 100)
/** How long it may go on after those, until one more is refused. */
const FILL_MS = Number(process.env['RAMET_BENCH_FILL_SECONDS'] ?? 240) * 1000

/**
 * A hundred containers of one image at once, all of which answer; what they hold by the engine's account, and by the
 * memory that the workstation has left. Then as many more as there is memory for.
 */
export async function benchMany(): Promise<object> {
  await using engine = await TestEngine.start()
  const { archive, tag } = await busyboxImage()
  const loaded = await engine.ramet(['load', '-q', '-i', archive])
  if (loaded.code !== 0) throw new Error(`load failed: ${loaded.stderr}`)
  const run = async (): Promise<string> => {
    const body = { Image: tag, Cmd: ['sleep', '1000000'] }
    const { Id } = await json<{ Id: string }>(engine, 'POST', '/containers/create', body)
    await json(engine, 'POST', `/containers/${Id}/start`)
    return Id
  }
  // The template is made, and all of it is in the page cache, before anything is measured.
  await json(engine, 'DELETE', `/containers/${await run()}?force=1`)
  await settledMemory()
  const before = await availableBytes()
  const begun = performance.now()
  const ids: string[] = []
  while (ids.length < MANY) ids.push(await run())
  const startedMs = performance.now() - begun
  let answered = 0
  for (const id of ids) {
    const { stdout } = await engine.ramet(['exec', id, 'echo', 'here'])
    if (stdout === 'here\n') answered++
  }
  await settledMemory()
  const taken = before - (await availableBytes())
  const { totals, containers } = await json<MemoryReport>(engine, 'GET', '/ramet/v1/memory')
  const own = containers.reduce((sum, row) => sum + row.privateBytes + row.overheadBytes, 0)

  let refused: string | undefined
  const deadline = performance.now() + FILL_MS
  while (!refused && performance.now() < deadline) {
    await run().then(
      (id) => ids.push(id),
      (error: Error) => (refused = error.message),
    )
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
    running: ids.length,
    refused: refused ?? `none was refused within ${FILL_MS / 1000} s`,
    availableBytes: await availableBytes(),
  }
}
