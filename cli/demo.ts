import { Readable } from 'node:stream'
import type { Command } from 'commander'
import { EngineError } from '../contract/errors.ts'
import { pathOf } from '../contract/names.ts'
import type { HostInfo, MemoryReport, TemplateProgress } from '../contract/ramet.ts'
import type { EngineClient } from './api/client.ts'
import { jsonLines, showProgress } from './api/progress.ts'
import { print } from './commands/common.ts'
import { pullImage } from './commands/images.ts'
import { demoImage } from './demo/image.ts'
import { demoTable, type DemoReport } from './demo/report.ts'
import { DemoVms } from './demo/vms.ts'
import { ensureEngine, stopEngine } from './engine-process.ts'
import { json } from './format/table.ts'
import { milliseconds } from './format/time.ts'
import { Interruption, ownSignals } from './interrupt.ts'

interface Flags {
  image?: string
  count: string
  json?: boolean
}

export function addDemo(program: Command): void {
  program
    .command('demo')
    .description('boot a VM cold, freeze it, fork it, and compare; needs no network, and cleans up')
    .option('--image <image>', 'this image instead of a tiny web server; it is pulled, and kept')
    .option('--count <number>', 'number of clones, by default 8', '8')
    .option('--json', 'print JSON')
    .action(demo)
}

async function demo({ image, count, json: asJson }: Flags): Promise<void> {
  if (!/^[1-9]\d{0,2}$/.test(count)) {
    throw new EngineError(
      'INVALID_ARGUMENT',
      `'--count ${count}' cannot be used: write a number from 1 to 999`,
    )
  }
  const stop = new AbortController()
  ownSignals()
  const interrupt = (signal: NodeJS.Signals): void => {
    if (!stop.signal.aborted) say('\ncleaning up …')
    stop.abort(new Interruption(signal, 'the demo was interrupted; it has cleaned up'))
  }
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt).on('SIGHUP', interrupt)
  const { client, started } = await ensureEngine()
  try {
    stop.signal.throwIfAborted()
    const report = await measure(client, { image, count: Number(count), signal: stop.signal, say: asJson ? undefined : say }) // prettier-ignore
    print(asJson ? json(report) : `\n${demoTable(report)}`)
    if (!report.ok) process.exitCode = 1
  } catch (error) {
    throw stop.signal.aborted ? stop.signal.reason : error
  } finally {
    if (started) await stopEngine()
  }
}

const say = (text: string): void => void process.stderr.write(`${text}\n`)

interface Options {
  image?: string
  count: number
  signal: AbortSignal
  say?: (text: string) => void
}

/** Leaves nothing behind but a pulled image, whatever happens. */
async function measure(client: EngineClient, options: Options): Promise<DemoReport> {
  const { name, made } = await provide(client, options)
  const vms = new DemoVms(client, {
    image: name,
    serves: options.image === undefined,
    signal: options.signal,
  })
  try {
    return await compare(client, vms, name, options)
  } finally {
    await vms.removeAll()
    // Its templates go with it.
    if (made) await client.call('DELETE', `/images/${pathOf(name)}`)
  }
}

/** The image's name, and whether it was made for this. */
async function provide(
  client: EngineClient,
  { image, signal, say }: Options,
): Promise<{ name: string; made: boolean }> {
  if (image !== undefined) {
    await pullImage(client, image, say && process.stderr, { signal })
    return { name: image, made: false }
  }
  const { name, archive } = await demoImage()
  const there = await client.get(`/images/${name}/json`).then(() => true, () => false) // prettier-ignore
  if (there) return { name, made: false }
  say?.('making an image from busybox …')
  await showProgress(await client.stream('POST', '/images/load', { body: Readable.from([archive]) }))
  return { name, made: true }
}

async function compare(
  client: EngineClient,
  vms: DemoVms,
  image: string,
  options: Options,
): Promise<DemoReport> {
  const { count, signal, say } = options
  const { accelerator } = await client.get<HostInfo>('/ramet/v1/host')
  say?.(`booting one VM cold (${accelerator}) …`)
  const cold = await vms.start('cold')
  const coldPrivateBytes = (await privateBytes(client, [cold.id]))[0] ?? 0
  await vms.remove(cold.id)
  say?.(`${milliseconds(cold.milliseconds)}; booting a template and freezing it …`)
  await freeze(client, image, signal)
  // What other containers save is not the demo's.
  const before = (await client.get<MemoryReport>('/ramet/v1/memory')).totals.savedBytes
  const clones = []
  for (let number = 1; number <= count; number++) {
    const clone = await vms.start('default')
    say?.(
      `clone ${number} of ${count}: ${clone.ok ? milliseconds(clone.milliseconds) : 'it does not answer'}`,
    )
    clones.push(clone)
  }
  const clonePrivateBytes = await privateBytes(client, clones.map(({ id }) => id)) // prettier-ignore
  const { totals } = await client.get<MemoryReport>('/ramet/v1/memory')
  return {
    accelerator,
    image,
    coldBootMs: cold.milliseconds,
    cloneMs: clones.map((clone) => clone.milliseconds),
    coldPrivateBytes,
    clonePrivateBytes,
    savedBytes: totals.savedBytes - before,
    ok: cold.ok && coldPrivateBytes > 0 && clones.every(({ ok }) => ok) && clonePrivateBytes.length === count,
  }
}

async function privateBytes(client: EngineClient, ids: string[]): Promise<number[]> {
  const { containers } = await client.get<MemoryReport>('/ramet/v1/memory')
  return containers.filter(({ id }) => ids.includes(id)).map((row) => row.privateBytes)
}

async function freeze(client: EngineClient, image: string, signal: AbortSignal): Promise<void> {
  const answer = await client.stream('POST', '/ramet/v1/templates', { body: { image }, signal })
  for await (const { error } of jsonLines<TemplateProgress>(answer)) {
    if (error) throw new EngineError('INTERNAL', `the template could not be made: ${error.message}`)
  }
}
