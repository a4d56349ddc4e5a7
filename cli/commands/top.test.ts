import { expect, test } from 'vitest'
import type { ContainerStats } from '../../contract/docker-stats.ts'
import { ratesTable } from './top.ts'

function reading(second: number, moved: number): ContainerStats {
  const cpu = (at: number) => ({
    cpu_usage: { total_usage: at * 5e8 },
    system_cpu_usage: at * 4e9,
    online_cpus: 4,
  })
  return {
    id: 'a1',
    name: '/db',
    read: new Date(second * 1000).toISOString(),
    cpu_stats: cpu(second),
    precpu_stats: cpu(second - 1),
    memory_stats: { usage: 30 * 1024 ** 2, limit: 0, stats: { inactive_file: 10 * 1024 ** 2 } },
    blkio_stats: { io_service_bytes_recursive: [{ major: 0, minor: 0, op: 'write', value: moved }] },
    networks: { eth0: { rx_bytes: moved * 2, tx_bytes: moved } },
    pids_stats: {},
  } as unknown as ContainerStats
}

test('rates are those of the time between two readings, beside what limits them', () => {
  const limits = {
    NanoCpus: 1e9,
    Memory: 128 * 1024 ** 2,
    BlkioDeviceWriteBps: [{ Path: '/dev/vda', Rate: 4e6 }],
  }
  const text = ratesTable([reading(12, 7e6)], new Map([['a1', reading(10, 1e6)]]), new Map([['a1', limits]]))
  expect(text.split('\n')[1]!.split(/ {2,}/).map((cell) => cell.trim()).filter(Boolean)).toEqual([
    ...['db', '50.00% of 100%', '20 MiB of 128 MiB', '0B', '3MB of 4MB', '6MB', '3MB'],
  ]) // prettier-ignore
})

test('the first reading tells no rates', () => {
  expect(ratesTable([reading(10, 1e6)], new Map(), new Map())).toMatch(/-\s+-\s+-\s+-/)
})
