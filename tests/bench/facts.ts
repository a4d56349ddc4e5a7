import { readFile } from 'node:fs/promises'
import { cpus, release, totalmem } from 'node:os'
import type { HostInfo } from '../../contract/ramet.ts'
import type { TestEngine } from '../support/engine.ts'

/** What a figure depends on besides the code. */
export async function machineFacts(engine: TestEngine): Promise<object> {
  const host = JSON.parse((await engine.get('/ramet/v1/host')).body) as HostInfo
  return {
    accelerator: host.accelerator,
    qemu: host.qemuVersion,
    libvirt: host.libvirtVersion,
    cpus: cpus().length,
    cpu: cpus()[0]?.model ?? 'unknown',
    memoryBytes: totalmem(),
    kernel: release(),
    /** Work that others did on the machine at the same time shows here. */
    load: (await readFile('/proc/loadavg', 'utf8')).split(' ').slice(0, 3).map(Number),
  }
}

/** What `work` answers, and how much of all CPUs, by anybody's work, was busy meanwhile: 0 to 1. */
export async function busyShare<Answer>(work: () => Promise<Answer>): Promise<[Answer, number]> {
  const before = await cpuTicks()
  const answer = await work()
  const after = await cpuTicks()
  return [answer, Math.round(100 * (1 - (after.idle - before.idle) / (after.all - before.all))) / 100]
}

/** proc_stat(5): user, nice, system, idle, iowait and the rest; guests' time is in user's already. */
async function cpuTicks(): Promise<{ idle: number; all: number }> {
  const [line = ''] = (await readFile('/proc/stat', 'utf8')).split('\n')
  const ticks = line.split(/ +/).slice(1, 9).map(Number)
  return { idle: ticks[3]! + ticks[4]!, all: ticks.reduce((sum, each) => sum + each, 0) }
}

export async function json<T>(engine: TestEngine, method: string, path: string, body?: unknown): Promise<T> {
  const answer = await engine.call(method, path, body)
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`)
  return (answer.body ? JSON.parse(answer.body) : undefined) as T
}
