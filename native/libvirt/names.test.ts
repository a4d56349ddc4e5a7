import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { errorName } from './error-names.ts'
import { closeReason, domainState, lifecycle } from './event-names.ts'
import { LibvirtError } from './index.ts'

/** Constants of libvirt's headers, which say each one's number: those that libvirt was compiled with. */
function constants(header: string, prefix: string): [name: string, value: number][] {
  const text = readFileSync(`/usr/include/libvirt/${header}`, 'utf8')
  return [...text.matchAll(new RegExp(`\\b(${prefix}\\w*)\\s*=\\s*(\\d+)`, 'g'))]
    .map(([, name, value]): [string, number] => [name!, Number(value)])
    .filter(([name]) => !name.endsWith('_LAST'))
}

test('error codes have the names of the header, or their number', () => {
  const header = new Map(constants('virterror.h', 'VIR_ERR_').map(([name, value]) => [value, name]))
  header.set(0, 'VIR_ERR_OK')
  const named = Array.from({ length: 200 }, (_, code) => code).filter(
    (code) => errorName(code) !== `VIR_ERR_${code}`,
  )
  expect(named.length).toBeGreaterThan(20)
  // The levels' constants share the prefix and the numbers 0 to 2.
  for (const code of named.filter((code) => code > 2)) expect(errorName(code)).toBe(header.get(code))
  expect(new LibvirtError('', 4711, 0, 2).symbol).toBe('VIR_ERR_4711')
})

test('lifecycle events and their details are the words of the header', () => {
  const events = constants(
    'libvirt-domain.h',
    'VIR_DOMAIN_EVENT_(?:DEFINED|UNDEFINED|STARTED|SUSPENDED|RESUMED|STOPPED|SHUTDOWN|PMSUSPENDED|CRASHED)',
  )
  const numbers = new Map(events.map(([name, value]) => [name.replace('VIR_DOMAIN_EVENT_', ''), value]))
  let checked = 0
  for (const [name, detail] of numbers) {
    const [kind = '', ...rest] = name.split('_')
    if (rest.length === 0) continue
    const words = lifecycle(numbers.get(kind)!, detail)
    // A libvirt newer than this table may have more, but none of them elsewhere.
    if (words.detail === 'unknown') continue
    expect(words.event).toBe(kind.toLowerCase())
    // The header shortens some: IOERROR, API_ERROR.
    expect(words.detail.replaceAll('-', '')).toBe(rest.join('').toLowerCase())
    ++checked
  }
  expect(checked).toBeGreaterThan(25)
})

test('domain states are the words of the header', () => {
  const states = constants(
    'libvirt-domain.h',
    'VIR_DOMAIN_(?:NOSTATE|RUNNING|BLOCKED|PAUSED|SHUTDOWN|SHUTOFF|CRASHED|PMSUSPENDED)\\b',
  )
  expect(states.length).toBe(8)
  for (const [name, value] of states)
    expect(domainState(value)).toBe(name.replace('VIR_DOMAIN_', '').toLowerCase())
})

test('reasons of a connection that ended are the words of the header', () => {
  const reasons = constants('libvirt-common.h', 'VIR_CONNECT_CLOSE_REASON_')
  expect(reasons.length).toBe(4)
  for (const [name, value] of reasons) {
    expect(closeReason(value)).toBe(name.replace('VIR_CONNECT_CLOSE_REASON_', '').toLowerCase())
  }
})

test('numbers of a newer libvirt are unknown, not wrong', () => {
  expect(domainState(99)).toBe('unknown')
  expect(lifecycle(99, 0)).toEqual({ event: 'unknown', detail: 'unknown' })
  expect(lifecycle(0, 99)).toEqual({ event: 'defined', detail: 'unknown' })
  expect(closeReason(99)).toBe('unknown')
})
