import { readFile } from 'node:fs/promises'
import { get } from 'node:http'
import { createInterface } from 'node:readline'
import { describe, expect, test } from 'vitest'
import type { ContainerStats } from '../../contract/docker-stats.ts'
import type { MemoryReport } from '../../contract/ramet.ts'
import type { TestEngine } from '../support/engine.ts'
import { dockerVersion, runDocker, until, useEngine } from '../support/fixture.ts'

/** What containers use, against real VMs; Docker's own command line is the judge where there is one. */

let engine: TestEngine
let image: string

useEngine((fixture) => ({ engine, image } = fixture))

const once = async (name: string, query = 'stream=0'): Promise<ContainerStats> =>
  JSON.parse((await engine.get(`/containers/${name}/stats?${query}`)).body) as ContainerStats

const start = async (name: string, script: string, ...flags: string[]): Promise<void> => {
  const started = await engine.ramet(['run', '-d', '--name', name, ...flags, image, 'sh', '-c', script])
  expect(started).toMatchObject({ code: 0 })
}

/** Readings of a stream as they come; `close` is what a client does that has seen enough. */
function follow(name: string): { readings: ContainerStats[]; close(): void; ended: Promise<undefined> } {
  const readings: ContainerStats[] = []
  const ended = Promise.withResolvers<undefined>()
  const call = get({ socketPath: engine.socket, path: `/containers/${name}/stats` }, (answer) => {
    createInterface(answer)
      .on('line', (line) => readings.push(JSON.parse(line) as ContainerStats))
      .on('error', () => {})
      .once('close', () => ended.resolve(undefined))
  })
  call.on('error', () => {})
  return { readings, close: () => call.destroy(), ended: ended.promise }
}

const cpuOf = ({ cpu_stats }: ContainerStats): number => cpu_stats.cpu_usage.total_usage

describe('what a container uses', () => {
  test('is told of CPU, memory, disk, network and processes, and compared with a second before', async () => {
    await start(
      'busy',
      'dd if=/dev/zero of=/data bs=1M count=8 conv=fsync 2>/dev/null; sleep 1000 & while :; do :; done',
      '--cap-add',
      'NET_ADMIN',
      '-m',
      '256m',
    )
    await until('it has written', async () => {
      const { blkio_stats } = await once('busy', 'stream=0&one-shot=1')
      return (blkio_stats.io_service_bytes_recursive?.find(({ op }) => op === 'write')?.value ?? 0) > 8e6
    })
    const stats = await once('busy')
    expect(stats).toMatchObject({ name: '/busy', pids_stats: { current: 2 } })
    expect(Date.parse(stats.read) - Date.parse(stats.preread)).toBeGreaterThan(500)
    expect(cpuOf(stats)).toBeGreaterThan(stats.precpu_stats.cpu_usage.total_usage)
    expect(stats.memory_stats.limit).toBe(256 * 1024 * 1024)
    expect(Object.keys(stats.networks ?? {})).toEqual(['eth0'])
  })

  test('of memory is what the memory report says, and less than what the process holds', async () => {
    const report = JSON.parse((await engine.get('/ramet/v1/memory')).body) as MemoryReport
    const row = report.containers.find(({ name }) => name === 'busy')!
    const { memory_stats } = await once('busy')
    const { usage = 0, stats = {} } = memory_stats
    const own = usage - stats['inactive_file']!
    const reported = row.privateBytes + row.overheadBytes
    expect(Math.abs(own - reported)).toBeLessThan(reported / 4)
    expect(stats['ramet_shared_template']).toBeGreaterThan(0)
    const pid = (await engine.inspect('busy')).State.Pid
    const [, rss] = /^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))!
    expect(own).toBeLessThan(Number(rss) * 1024)
  })

  test('of network counts what was sent', async () => {
    const before = (await once('busy', 'stream=0&one-shot=1')).networks!['eth0']!
    await engine.ramet(['exec', 'busy', 'nslookup', 'example.invalid'])
    const after = (await once('busy', 'stream=0&one-shot=1')).networks!['eth0']!
    expect(after.tx_packets).toBeGreaterThan(before.tx_packets)
  })

  test('paused it uses no CPU, and keeps its memory; stopped it uses nothing', async () => {
    await engine.ramet(['pause', 'busy'])
    const paused = await once('busy')
    const [now, before] = [cpuOf(paused), paused.precpu_stats.cpu_usage.total_usage]
    expect(now - before).toBeLessThan(300e6)
    expect(paused.memory_stats.usage).toBeGreaterThan(0)
    expect(paused.pids_stats.current).toBeGreaterThanOrEqual(0)
    await engine.ramet(['unpause', 'busy'])
    await engine.ramet(['stop', '-t', '0', 'busy'])
    const stopped = await once('busy')
    expect(stopped).toMatchObject({ name: '/busy', memory_stats: {}, pids_stats: {} })
    expect(cpuOf(stopped)).toBe(0)
    await engine.ramet(['rm', 'busy'])
  })
})

describe('streams', () => {
  test('go on while the container stops and starts, and end with its removal', async () => {
    await start('watched', 'sleep 1000')
    const one = follow('watched')
    const other = follow('watched')
    await until('both see it run', async () =>
      [one, other].every(({ readings }) => readings.filter((each) => each.memory_stats.usage).length > 1),
    )
    await engine.ramet(['stop', '-t', '0', 'watched'])
    await until('it is seen stopped', async () => one.readings.at(-1)!.memory_stats.usage === undefined)
    await engine.ramet(['start', 'watched'])
    await until('it is seen again', async () => (one.readings.at(-1)!.memory_stats.usage ?? 0) > 0)
    other.close()
    await engine.ramet(['rm', '-f', 'watched'])
    await one.ended
  })

  test('a container that is not there is 404', async () => {
    expect((await engine.get('/containers/nobody/stats')).status).toBe(404)
  })
})

const version = await dockerVersion()
if (!version) console.warn('SKIPPED: no docker command here, so its stats were not tried')

test.skipIf(!version)(`docker stats (${version})`, async () => {
  await start('first', 'while :; do :; done')
  await start('second', 'sleep 1000')
  await engine.ramet(['create', '--name', 'third', image, 'true'])
  const format = '{{.Name}}|{{.CPUPerc}}|{{.MemUsage}}|{{.PIDs}}'
  const { code, stdout, stderr } = await runDocker(engine, ['stats', '--no-stream', '--all', '--format', format]) // prettier-ignore
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const rows = new Map(stdout.trim().split('\n').map((line) => [line.split('|')[0], line.split('|')])) // prettier-ignore
  expect([...rows.keys()].toSorted()).toEqual(['first', 'second', 'third'])
  expect(parseFloat(rows.get('first')![1]!)).toBeGreaterThan(parseFloat(rows.get('second')![1]!))
  expect(rows.get('second')![2]).toMatch(/^[\d.]+MiB \/ 512MiB$/)
  expect(rows.get('third')![2]).toMatch(/^0B \/ 0B$|^-- \/ --$/)
  const own = await engine.ramet(['stats', '--no-stream'])
  expect(own.stdout).toMatch(/first .*%.*MiB \/ 512 MiB/)
  expect(own.stdout).not.toContain('third')
  await engine.ramet(['rm', '-f', 'first', 'second', 'third'])
})
