import { expect, test } from 'vitest'
import { parseFigures } from './guest-figures.ts'

test('figures are read by interface, whatever else a guest says', () => {
  const text = [
    'eth0.rx_bytes=10',
    'eth0.tx_bytes=20',
    'eth0.100.rx_packets=3',
    'eth0.nonsense=1',
    '__proto__.rx_bytes=1',
    'pids=4',
    'memory_available=99',
    'memory_total=-1',
    'lies=99999999999999999999999999',
    '',
  ].join('\0')
  const { pids, networks, memoryAvailable } = parseFigures(text)
  expect({ pids, memoryAvailable }).toEqual({ pids: 4, memoryAvailable: 99 })
  expect(networks['eth0']).toMatchObject({ rx_bytes: 10, tx_bytes: 20, rx_packets: 0, tx_dropped: 0 })
  expect(networks['eth0.100']).toMatchObject({ rx_packets: 3 })
  expect(({} as Record<string, unknown>)['rx_bytes']).toBeUndefined()
})

test('no more interfaces are taken than a container can sensibly have', () => {
  const text = Array.from({ length: 1000 }, (_, at) => `if${at}.rx_bytes=1\0`).join('')
  expect(Object.keys(parseFigures(text).networks)).toHaveLength(32)
})
