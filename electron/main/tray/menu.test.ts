import { expect, test } from 'vitest'
import type { ContainerSummary } from '../../../contract/docker.ts'
import type { QuickLaunch } from '../../../contract/ramet.ts'
import { trayMenu, trayTitle } from './menu.ts'
import { EMPTY_MODEL, type TrayLine, type TrayModel } from './model.ts'
import { inert, menuText, size } from './text.ts'

const running = { ...EMPTY_MODEL, engine: { phase: 'running', own: true, version: '1' } } as TrayModel

function container(name: string, more: Partial<ContainerSummary> = {}): ContainerSummary {
  return { Id: `id-${name}`, Names: [`/${name}`], State: 'running', Status: 'Up 1 second', Ports: [], ...more } as unknown as ContainerSummary // prettier-ignore
}
function launch(title: string, more: Partial<QuickLaunch> = {}): QuickLaunch {
  return { id: `l-${title}`, title, pinned: false, usedAt: '', config: { Image: title }, ...more }
}

/** The menu as text: submenus indented, actions behind their lines. */
function drawn(lines: TrayLine[], indent = ''): string[] {
  return lines.flatMap((line) => {
    if (line === 'separator') return [`${indent}---`]
    if (line.lines) return [`${indent}${line.label}`, ...drawn(line.lines, `${indent}  `)]
    return [`${indent}${line.label}${line.action ? ` => ${JSON.stringify(line.action)}` : ''}`]
  })
}
const flat = (model: TrayModel) => drawn(trayMenu(model))

test('the whole menu', () => {
  const model: TrayModel = {
    ...running,
    savedBytes: 1.25 * 1024 ** 3,
    containers: [
      container('web', {
        Ports: [
          { IP: '127.0.0.1', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' },
          { IP: '::1', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' },
          { PrivatePort: 443, PublicPort: 8443, Type: 'tcp' },
          { PrivatePort: 53, PublicPort: 53, Type: 'udp' },
          { PrivatePort: 9000, Type: 'tcp' },
        ],
      }),
      container('db', { State: 'paused' }),
      container('sick', { Status: 'Up 3 minutes (unhealthy)' }),
    ],
    launches: [
      launch('My web', {
        pinned: true,
        config: { Image: 'web', HostConfig: { PortBindings: { '80/tcp': [{ HostPort: '8080' }] } } },
      }),
      launch('redis'),
    ],
  }
  expect(flat(model)).toEqual([
    '3 containers run, 1.3 GiB of memory saved',
    '---',
    'Open Ramet => {"do":"go"}',
    'Quick launch',
    '  My web (8080) => {"do":"launch","id":"l-My web"}',
    '  ---',
    '  redis => {"do":"launch","id":"l-redis"}',
    '  ---',
    '  Run an image… => {"do":"go","place":{"page":"run"}}',
    '---',
    'web',
    '  Open http://localhost:8080 => {"do":"browse","url":"http://localhost:8080"}',
    '  Open https://localhost:8443 => {"do":"browse","url":"https://localhost:8443"}',
    '  Logs => {"do":"go","place":{"page":"container","id":"id-web","tab":"logs"}}',
    '  Terminal => {"do":"go","place":{"page":"container","id":"id-web","tab":"terminal"}}',
    '  Details => {"do":"go","place":{"page":"container","id":"id-web","tab":"overview"}}',
    '  ---',
    '  Fork => {"do":"fork","id":"id-web","count":1}',
    '  Fork 5 times => {"do":"fork","id":"id-web","count":5}',
    '  Take a checkpoint => {"do":"checkpoint","id":"id-web"}',
    '  Checkpoints and rewind => {"do":"go","place":{"page":"container","id":"id-web","tab":"checkpoints"}}',
    '  ---',
    '  Stop => {"do":"stop","id":"id-web"}',
    'db (paused)',
    '  Logs => {"do":"go","place":{"page":"container","id":"id-db","tab":"logs"}}',
    '  Details => {"do":"go","place":{"page":"container","id":"id-db","tab":"overview"}}',
    '  ---',
    '  Checkpoints and rewind => {"do":"go","place":{"page":"container","id":"id-db","tab":"checkpoints"}}',
    '  ---',
    '  Stop => {"do":"stop","id":"id-db"}',
    'sick (unhealthy)',
    '  Logs => {"do":"go","place":{"page":"container","id":"id-sick","tab":"logs"}}',
    '  Terminal => {"do":"go","place":{"page":"container","id":"id-sick","tab":"terminal"}}',
    '  Details => {"do":"go","place":{"page":"container","id":"id-sick","tab":"overview"}}',
    '  ---',
    '  Fork => {"do":"fork","id":"id-sick","count":1}',
    '  Fork 5 times => {"do":"fork","id":"id-sick","count":5}',
    '  Take a checkpoint => {"do":"checkpoint","id":"id-sick"}',
    '  Checkpoints and rewind => {"do":"go","place":{"page":"container","id":"id-sick","tab":"checkpoints"}}',
    '  ---',
    '  Stop => {"do":"stop","id":"id-sick"}',
    '---',
    'Stop all containers… => {"do":"stop-all"}',
    'Settings => {"do":"go","place":{"page":"settings"}}',
    'Quit… => {"do":"quit"}',
  ])
})

test('what the engine is up to', () => {
  expect(trayTitle(EMPTY_MODEL)).toBe('Ramet: the engine is starting')
  expect(trayTitle(running)).toBe('Ramet: nothing runs')
  expect(trayTitle({ ...running, containers: [container('a')], savedBytes: -5 })).toBe(
    'Ramet: 1 container runs',
  )
  const failed = flat({ ...EMPTY_MODEL, engine: { phase: 'failed', message: 'libvirt & QEMU\nare missing' } })
  expect(failed).toEqual([
    'The engine does not run',
    'libvirt && QEMU are missing',
    'Start the engine => {"do":"start-engine"}',
    'What is wrong? => {"do":"go","place":{"page":"doctor"}}',
    '---',
    'Open Ramet => {"do":"go"}',
    '---',
    'Settings => {"do":"go","place":{"page":"settings"}}',
    'Quit… => {"do":"quit"}',
  ])
})

test('many containers and launches stay a menu', () => {
  const model = {
    ...running,
    containers: Array.from({ length: 200 }, (_each, at) => container(`c${at}`)),
    launches: Array.from({ length: 100 }, (_each, at) => launch(`l${at}`, { pinned: true })),
  }
  const lines = flat(model)
  expect(lines.filter((line) => /^c\d/.test(line))).toHaveLength(20)
  expect(lines).toContain('180 more… => {"do":"go","place":{"page":"containers"}}')
  expect(lines.filter((line) => /^ {2}l\d/.test(line))).toHaveLength(15)
})

test.each([
  ['File & Edit', 'File && Edit'],
  ['a\0b\x1b[31mred\x07', 'a b [31mred'],
  ['line\none\u2028two\u2029three', 'line one two three'],
  ['invoice\u202Egpj.exe', 'invoice gpj.exe'],
  ['\u2066a\u2069\u200B\uFEFFb', 'a b'],
  ['<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>'],
  ['half \uD800 a pair', 'half a pair'],
  ['x'.repeat(100), `${'x'.repeat(59)}…`],
  ['👨‍👩‍👧'.repeat(3), '👨 👩 👧👨 👩 👧👨 👩 👧'],
  [`Z${'\u0301'.repeat(500)}`, 'Ź\u0301'],
])('%j is inert in a menu', (text, shown) => {
  expect(menuText(text).normalize()).toBe(shown.normalize())
})

test('a hostile name of any length, anywhere in the model, is bounded and inert', () => {
  const hostile = `\u202E&\x1b]0;x\x07\n${'&'.repeat(5_000_000)}`
  const lines = flat({
    ...running,
    containers: [container(hostile, { Status: hostile })],
    launches: [launch(hostile)],
  })
  for (const line of lines) {
    expect(line.split(' => ')[0]!.length).toBeLessThan(200)
    // eslint-disable-next-line no-control-regex
    expect(line.split(' => ')[0]).not.toMatch(/[\x00-\x1f\u202E]/)
  }
  expect(inert(hostile)).toHaveLength(60)
})

test('sizes', () => {
  expect([0, 1023, 1024, 1.5 * 1024 ** 2, 999 * 1024 ** 2, 12.3 * 1024 ** 3].map(size)).toEqual([
    '0 B',
    '1023 B',
    '1.0 KiB',
    '1.5 MiB',
    '999 MiB',
    '12 GiB',
  ])
})
