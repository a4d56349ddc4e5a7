import { createCipheriv } from 'node:crypto'
import type { ContainerInspect } from '../../contract/docker.ts'
import type {
  ForkResponse,
  HostInfo,
  MemoryReport,
  StandbyReport,
  StartReport,
  TemplateSummary,
} from '../../contract/ramet.ts'
import { TestEngine } from '../support/engine.ts'
import { busyboxImage } from '../support/images.ts'
import { bareQemu } from './bare-qemu.ts'
import { json, machineFacts } from './facts.ts'
import { median, spread } from './median.ts'
import { anonymousBytes, availableBytes, settledMemory } from './host-memory.ts'
import { RuncBundle } from './runc.ts'
import { table, type Row } from './table.ts'

/** Rounds of each part, in which what is compared takes turns. */
const ROUNDS = Number(process.env['RAMET_BENCH_ROUNDS'] ?? 20)
/** Names of parts, with commas between them; all where it is not given. */
const ONLY = process.env['RAMET_BENCH_PARTS']?.split(',')
const READERS = ROUNDS + 1
const AT_ONCE = 16
const SAVING_VMS = 8
const IMAGE_BYTES = 64 * 1024 ** 2

const COUNT = 'i=0; while :; do i=$((i+1)); echo $i; usleep 10000; done'
/** A fixed job of some seconds, once to warm up; prints hundredths of a second. */
const JOB =
  'job() { i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; }; now() { cut -d" " -f1 /proc/uptime | tr -d .; }; job; a=$(now); job; echo $(($(now)-a))'

type Isolation = 'cold' | 'default'

/** All that a start costs against what it is measured by, turn by turn in one run. */
export async function benchRatios(): Promise<object> {
  await using engine = await TestEngine.start()
  const image = await busyboxImage('ratios', [{ path: 'data', data: noise(IMAGE_BYTES) }])
  const { code, stderr } = await engine.ramet(['load', '-q', '-i', image.archive])
  if (code !== 0) throw new Error(`load failed: ${stderr}`)
  const { bundle, reason } = await RuncBundle.open()
  await using runc = bundle
  const bench = new Bench(engine, image.tag)
  const machine = await machineFacts(engine)

  // Makes the template, and fills the page cache.
  await bench.timed('default')
  const samples: Record<string, number[]> = {}
  const parts: Record<string, () => Promise<Record<string, number[]>>> = {
    starts: () => bench.starts(runc),
    readers: () => bench.readers(),
    forks: () => bench.forks(),
    saving: () => bench.saving(),
  }
  for (const [name, part] of Object.entries(parts)) {
    if (ONLY?.includes(name) === false) continue
    Object.assign(samples, await part())
    // It takes most of an hour: who cannot wait for the end has what there is.
    process.stderr.write(`${table({}, rowsOf(samples))}\n`)
  }
  const rows = rowsOf(samples)
  return { machine, rows, noRunc: reason, samples, table: table(machine, rows) }
}

/** The same bytes each time, of which no two pages are alike. */
function noise(bytes: number): Buffer {
  const [key, start] = [Buffer.alloc(16), Buffer.alloc(16)]
  return createCipheriv('aes-128-ctr', key, start).update(Buffer.alloc(bytes))
}

class Bench {
  readonly #engine: TestEngine
  readonly #image: string

  constructor(engine: TestEngine, image: string) {
    this.#engine = engine
    this.#image = image
  }

  async starts(runc: RuncBundle | undefined): Promise<Record<string, number[]>> {
    const host = await json<HostInfo>(this.#engine, 'GET', '/ramet/v1/host')
    const samples: Record<string, number[]> = {}
    const note = (name: string, value: number): void => void (samples[name] ??= []).push(value)
    for (let round = 0; round < ROUNDS; round++) {
      note('coldMs', await this.timed('cold'))
      const name = `clone${round}`
      note('cloneMs', await this.timed('default', name))
      note('controlMs', (await this.#start(name)).steps.resumed!)
      const [first, second] = await this.#twice()
      note('firstMs', first)
      note('secondMs', second)
      note('bareQemuMs', await bareQemu('qemu-system-x86_64', host.accelerator))
      await this.#waiting(1)
      note('waitingBytes', (await this.#memory()).standby.ownBytes)
      note('standbyMs', await this.timed('default', `standby${round}`))
      if ((await this.#start(`standby${round}`)).from !== 'standby') throw new Error('no clone was waiting')
      await this.#waiting(0)
      if (runc) note('runcMs', await runc.true())
      for (const isolation of ['cold', 'default'] as const) {
        const kind = isolation === 'cold' ? 'cold' : 'clone'
        const id = await this.#run(isolation, ['sleep', '100000'])
        await new Promise((resolve) => setTimeout(resolve, 2_000))
        const row = (await this.#memory()).containers.find((each) => each.id === id)!
        note(`${kind}PrivateBytes`, row.privateBytes)
        const { State } = await json<ContainerInspect>(this.#engine, 'GET', `/containers/${id}/json`)
        note(`${kind}OwnBytes`, await anonymousBytes(State.Pid))
        note(`${kind}JobMs`, Number(await this.#exec(id, JOB)) * 10)
        await this.#remove(id)
      }
    }
    return samples
  }

  /** Clones that read all of the image, one after the other: what each adds to what all hold. */
  async readers(): Promise<Record<string, number[]>> {
    const ids: string[] = []
    for (let at = 0; at < READERS; at++) ids.push(await this.#run('default', ['sleep', '100000']))
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    const added: number[] = []
    for (const [at, id] of ids.entries()) {
      // What it takes to run a process at all is no matter of the image.
      await this.#exec(id, 'cat /etc/hosts /bin/busybox > /dev/null')
      const before = (await this.#memory()).totals.actualBytes
      await this.#exec(id, 'cat /data /bin/busybox > /dev/null')
      // The first one fills the page cache for all.
      if (at > 0) added.push((await this.#memory()).totals.actualBytes - before)
    }
    await Promise.all(ids.map((id) => this.#remove(id)))
    return { readerBytes: added }
  }

  /**
   * Live forks: how long a container that counts stands still, against a paused save of such a VM, the freeze of its
   * template; and what forks of one that waits take, one by one and many at once. Children that count would keep all
   * CPUs busy, and those that come after them would be measured by that.
   */
  async forks(): Promise<Record<string, number[]>> {
    const samples = {
      pausedSaveMs: [] as number[],
      forkHeldMs: [] as number[],
      forkMs: [] as number[],
      forksAtOnceMs: [] as number[],
    }
    for (let round = 0; round < ROUNDS; round++) {
      samples.pausedSaveMs.push(await this.#pausedSave())
      const counter = await this.#run('default', ['sh', '-c', COUNT])
      samples.forkHeldMs.push((await this.#fork(counter, 1)).heldMs)
      await this.#remove(counter)

      const waiter = await this.#run('default', ['sleep', '100000'])
      samples.forkMs.push((await this.#fork(waiter, 1)).tookMs)
      samples.forksAtOnceMs.push((await this.#fork(waiter, AT_ONCE)).tookMs)
      await this.#remove(waiter)
    }
    return samples
  }

  /** Milliseconds that the freeze of a new template takes, whose VM is paused for it. */
  async #pausedSave(): Promise<number> {
    const templates = (): Promise<TemplateSummary[]> => json(this.#engine, 'GET', '/ramet/v1/templates')
    const [before] = await templates()
    const { code, stderr } = await this.#engine.ramet(['templates', 'rm', '-f', before!.id])
    if (code !== 0) throw new Error(stderr)
    await this.timed('default')
    const [after] = await templates()
    return after!.freezeMs
  }

  /** Forks, until all children run; then they are removed. */
  async #fork(parent: string, count: number): Promise<{ heldMs: number; tookMs: number }> {
    const begun = performance.now()
    const path = `/ramet/v1/containers/${parent}/fork`
    const { heldMs, containers } = await json<ForkResponse>(this.#engine, 'POST', path, { count })
    const tookMs = performance.now() - begun
    for (const { Id } of containers) await this.#remove(Id)
    return { heldMs, tookMs }
  }

  /** The same VMs as clones and cold, by the memory that the workstation has left. */
  async saving(): Promise<Record<string, number[]>> {
    const shown: number[] = []
    const measured: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const taken: Partial<Record<Isolation, number>> = {}
      for (const isolation of ['default', 'cold'] as const) {
        await settledMemory()
        const before = await availableBytes()
        const all = Array.from({ length: SAVING_VMS }, () => this.#run(isolation, ['sleep', '100000']))
        const ids = await Promise.all(all)
        await settledMemory()
        taken[isolation] = before - (await availableBytes())
        if (isolation === 'default') shown.push((await this.#memory()).totals.savedBytes)
        await Promise.all(ids.map((id) => this.#remove(id)))
      }
      measured.push(taken.cold! - taken.default!)
    }
    return { savedShownBytes: shown, savedMeasuredBytes: measured }
  }

  /** Milliseconds from the start request to the exit of /bin/true. */
  async timed(isolation: Isolation, name?: string): Promise<number> {
    const id = await this.#create(isolation, ['/bin/true'], name)
    const milliseconds = await this.#toItsEnd(id)
    await this.#remove(id)
    return milliseconds
  }

  /** The same of one container's first and second start. */
  async #twice(): Promise<[number, number]> {
    const id = await this.#create('default', ['/bin/true'])
    const times: [number, number] = [await this.#toItsEnd(id), await this.#toItsEnd(id)]
    await this.#remove(id)
    return times
  }

  async #toItsEnd(id: string): Promise<number> {
    const exited = json<{ StatusCode: number }>(this.#engine, 'POST', `/containers/${id}/wait?condition=next-exit`) // prettier-ignore
    const begun = performance.now()
    await json(this.#engine, 'POST', `/containers/${id}/start`)
    const { StatusCode } = await exited
    const milliseconds = performance.now() - begun
    if (StatusCode !== 0) throw new Error(`/bin/true exited with ${StatusCode}`)
    return milliseconds
  }

  async #create(isolation: Isolation, Cmd: string[], name?: string): Promise<string> {
    const path = `/containers/create${name ? `?name=${name}` : ''}`
    const body = { Image: this.#image, Cmd, HostConfig: { Isolation: isolation } }
    return (await json<{ Id: string }>(this.#engine, 'POST', path, body)).Id
  }

  async #run(isolation: Isolation, command: string[]): Promise<string> {
    const id = await this.#create(isolation, command)
    await json(this.#engine, 'POST', `/containers/${id}/start`)
    return id
  }

  async #exec(id: string, script: string): Promise<string> {
    const { code, stdout, stderr } = await this.#engine.ramet(['exec', id, 'sh', '-c', script])
    if (code !== 0) throw new Error(`exec: ${code} ${stderr}`)
    return stdout.trim()
  }

  #remove(id: string): Promise<unknown> {
    return json(this.#engine, 'DELETE', `/containers/${id}?force=1`)
  }

  #memory(): Promise<MemoryReport> {
    return json<MemoryReport>(this.#engine, 'GET', '/ramet/v1/memory')
  }

  async #start(name: string): Promise<StartReport> {
    const starts = await json<StartReport[]>(this.#engine, 'GET', '/ramet/v1/starts')
    return starts.find(({ container }) => container.name === name)!
  }

  async #waiting(count: number): Promise<void> {
    const reserveBytes = 0
    for (let tries = 0; tries < 300; tries++) {
      const report = await json<StandbyReport>(this.#engine, 'POST', '/ramet/v1/standby', {
        count,
        reserveBytes,
      })
      if (report.waiting.length === count) return
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    throw new Error(`there are not ${count} clones waiting`)
  }
}

function rowsOf(samples: Record<string, number[]>): Row[] {
  const ratio = (
    what: string,
    over: string,
    by: string,
    reach: number | string,
    aim: number | string,
  ): Row[] => {
    const [above, below] = [samples[over] ?? [], samples[by] ?? []]
    if (above.length === 0 || below.length === 0) return []
    const rate = median(above) / median(below)
    return [{ what, ratio: rate, reach, aim, above: spread(above), below: spread(below) }]
  }
  const image = { ...samples, imageBytes: [IMAGE_BYTES] }
  samples = { ...image, sixteenMs: (samples['forkMs'] ?? []).map((each) => each * AT_ONCE) }
  return [
    ...ratio('clone ÷ cold boot, request to the end of /bin/true', 'cloneMs', 'coldMs', 0.1, 0.06),
    ...ratio('standby ÷ cold boot, the same', 'standbyMs', 'coldMs', 0.04, 0.02),
    ...ratio('second start of a container ÷ its first, the same', 'secondMs', 'firstMs', '–', '–'),
    ...ratio('control path, request to resumed ÷ bare QEMU to its monitor', 'controlMs', 'bareQemuMs', 8, 4),
    ...ratio('standby ÷ runc run, the same command', 'standbyMs', 'runcMs', 8, 4),
    ...ratio('private guest RAM, idle clone ÷ cold VM', 'clonePrivateBytes', 'coldPrivateBytes', 0.03, 0.01),
    ...ratio('all private memory, idle clone ÷ cold VM', 'cloneOwnBytes', 'coldOwnBytes', 0.22, 0.15),
    ...ratio('memory that a further clone adds by reading all of the image ÷ image', 'readerBytes', 'imageBytes', 0.05, 0.01), // prettier-ignore
    ...ratio('parent stands still in a live fork ÷ paused save', 'forkHeldMs', 'pausedSaveMs', 0.2, 0.05),
    ...ratio('16 forks at once ÷ 16 × one', 'forksAtOnceMs', 'sixteenMs', 0.8, 0.55),
    ...ratio('CPU work, clone ÷ cold VM', 'cloneJobMs', 'coldJobMs', 1.05, 1.02),
    ...ratio('saving shown ÷ measured by MemAvailable', 'savedShownBytes', 'savedMeasuredBytes', '0.9–1.0', '0.97–1.0'), // prettier-ignore
  ]
}
