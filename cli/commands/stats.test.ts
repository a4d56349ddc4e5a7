import { once } from 'node:events'
import { expect, test } from 'vitest'
import type { ContainerStats } from '../../contract/docker-stats.ts'
import { FakeEngine } from '../testing/fake-engine.ts'
import { ramet, start } from '../testing/ramet.ts'

const MIB = 1024 * 1024
const cpu = (ns: number, hostNs: number) => ({
  cpu_usage: { total_usage: ns, usage_in_usermode: ns, usage_in_kernelmode: 0 },
  system_cpu_usage: hostNs,
  online_cpus: 4,
  throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
})
const running = {
  id: 'a'.repeat(64),
  name: '/web',
  cpu_stats: cpu(1.5e9, 8e9),
  precpu_stats: cpu(1e9, 4e9),
  memory_stats: { usage: 30 * MIB, limit: 512 * MIB, stats: { inactive_file: 20 * MIB } },
  networks: { eth0: { rx_bytes: 1000, tx_bytes: 2000 }, eth1: { rx_bytes: 500, tx_bytes: 0 } },
  blkio_stats: {
    io_service_bytes_recursive: [
      { major: 254, minor: 0, op: 'read', value: 4096 },
      { major: 254, minor: 0, op: 'write', value: 8192 },
    ],
  },
  pids_stats: { current: 7 },
} as unknown as ContainerStats
const none = { cpu_usage: { total_usage: 0 }, throttling_data: {} }
const stopped = {
  id: 'b'.repeat(64),
  name: '/old',
  cpu_stats: none,
  precpu_stats: none,
  memory_stats: {},
  blkio_stats: { io_service_bytes_recursive: null },
  pids_stats: {},
} as unknown as ContainerStats

const TABLE = `CONTAINER ID   NAME   CPU %    MEM USAGE / LIMIT   MEM %   NET I/O       BLOCK I/O       PIDS
aaaaaaaaaaaa   web    50.00%   10 MiB / 512 MiB    1.95%   1.5kB / 2kB   4.1kB / 8.19kB   7
bbbbbbbbbbbb   old    0.00%    0 B / 0 B           0.00%   0B / 0B       0B / 0B         0
`

test('once: what each takes alone, in percent of one CPU; one that does not run takes nothing', async () => {
  await using engine = await FakeEngine.start()
  engine.json('GET /containers/web/stats', 200, running)
  engine.json('GET /containers/old/stats', 200, stopped)
  const { code, stdout } = await ramet(engine, 'stats', '--no-stream', 'web', 'old')
  expect(code).toBe(0)
  expect(stdout.replace(/ +/g, ' ')).toBe(TABLE.replace(/ +/g, ' '))
})

test('a container that is not there is said, and the others are shown', async () => {
  await using engine = await FakeEngine.start()
  engine.json('GET /containers/web/stats', 200, running)
  engine.json('GET /containers/gone/stats', 404, { message: 'no such container: gone', code: 'NOT_FOUND' })
  const { code, stdout, stderr } = await ramet(engine, 'stats', '--no-stream', 'web', 'gone')
  expect({ code, stderr }).toEqual({ code: 1, stderr: 'ramet: no such container: gone\n' })
  expect(stdout).toContain('web')
})

test('without a name all that run are followed, until they are gone', async () => {
  await using engine = await FakeEngine.start()
  engine.json('GET /containers/json', 200, [{ Id: running.id }])
  let end = (): void => {}
  engine.answers[`GET /containers/${running.id}/stats`] = (_call, response) => {
    response.write(`${JSON.stringify(running)}\n`)
    end = () => response.end()
  }
  const child = start(engine, ['stats'])
  let shown = ''
  child.stdout.on('data', (data) => {
    shown += String(data)
    if (shown.includes('50.00%')) end()
  })
  expect(await once(child, 'close')).toEqual([0, null])
  expect(shown).toContain('50.00%')
})
