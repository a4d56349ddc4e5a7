import { beforeAll, describe, expect, test } from 'vitest'
import type { CliResult, TestEngine } from '../../support/engine.ts'
import { dockerEnvironment, dockerVersion, runDocker, until, useEngine } from '../../support/fixture.ts'
import { Terminal } from '../../support/terminal.ts'

/** Docker's command line on a real terminal. */
const version = await dockerVersion()
if (!version) console.warn('SKIPPED: no docker command here, so none was tried on a terminal')

const DETACH = '\x10\x11'

describe.skipIf(!version)(`docker on a terminal (${version})`, () => {
  let engine: TestEngine
  useEngine((fixture) => ({ engine } = fixture))

  const docker = (...args: string[]): Promise<CliResult> => runDocker(engine, args)
  const onTerminal = (...args: string[]): Terminal =>
    new Terminal(['docker', ...args], dockerEnvironment(engine))
  const state = async (name: string): Promise<string> =>
    (await docker('inspect', '-f', '{{.State.Status}}', name)).stdout.trim()

  /** Has a shell tell its terminal's size, until that is it: docker sends it once the shell runs. */
  const untilSize = (terminal: Terminal, size: string): Promise<void> =>
    until(`the size ${size}`, async () => {
      terminal.type('stty size\r')
      return terminal.output.includes(size)
    })

  beforeAll(async () => {
    expect(await docker('run', '-d', '--name', 'host', 'busybox', 'sleep', '1000')).toMatchObject({ code: 0 })
  })

  test('run -it: a shell that is typed into, its size, and its exit code', async () => {
    const terminal = onTerminal('run', '--rm', '-it', '--name', 'typed', 'busybox', 'sh')
    await terminal.shows('# ')
    await untilSize(terminal, '30 100')
    terminal.type('tty; echo one-$((1+1))\r')
    await terminal.shows('/dev/pts/0\r\none-2\r\n')
    terminal.type('sleep 100\r')
    // Until it does the shell reads what is typed, Ctrl-C too.
    await until('it sleeps', async () => (await docker('exec', 'typed', 'pidof', 'sleep')).code === 0)
    // Ctrl-C reaches the foreground process, not docker; a shell says 130 then.
    terminal.type('\x03')
    await terminal.shows('^C')
    terminal.type('echo code-$?\r')
    await terminal.shows('code-130')
    terminal.type('exit 4\r')
    expect(await terminal.exited()).toBe(4)
  })

  test('run -it: a new size of the window reaches the process', async () => {
    const script = 'trap "stty size" WINCH; echo ready; while :; do sleep 0.1; done'
    const terminal = onTerminal('run', '--rm', '-it', '--name', 'window', 'busybox', 'sh', '-c', script)
    await terminal.shows('ready')
    const size = async (): Promise<string> =>
      (await docker('exec', 'window', 'stty', '-F', '/dev/pts/0', 'size')).stdout
    await until('the first size, which docker sends once it runs', async () => (await size()) === '30 100\n')
    await terminal.resize(40, 120)
    await terminal.shows('40 120')
    expect(await docker('kill', 'window')).toMatchObject({ code: 0 })
    expect(await terminal.exited()).toBe(137)
  })

  test('ctrl-p ctrl-q leaves run, the shell goes on; attach comes back to it, and leaves again', async () => {
    const first = onTerminal('run', '-it', '--name', 'left', 'busybox', 'sh')
    await first.shows('# ')
    first.type('here=kept\r')
    await first.shows('kept\r\n')
    first.type(DETACH)
    expect(await first.exited()).toBe(0)
    expect(await state('left')).toBe('running')

    const second = onTerminal('attach', 'left')
    second.type('\recho "<$here>"\r')
    await second.shows('<kept>')
    second.type(DETACH)
    await second.exited()
    expect(second.output).toContain('read escape sequence')
    expect(await state('left')).toBe('running')

    const third = onTerminal('attach', '--detach-keys', 'ctrl-a,x', 'left')
    third.type('\recho "still<$here>"\r')
    await third.shows('still<kept>')
    third.type('\x01x')
    await third.exited()
    expect(await state('left')).toBe('running')

    const last = onTerminal('attach', 'left')
    last.type('exit 6\r')
    expect(await last.exited()).toBe(6)
    expect(await state('left')).toBe('exited')
    expect(await docker('rm', 'left')).toMatchObject({ code: 0 })
  })

  test('exec -it: input, sizes, exit code; left by its keys it goes on', async () => {
    const terminal = onTerminal('exec', '-it', '-e', 'PS1=> ', 'host', 'sh')
    await terminal.shows('> ')
    await untilSize(terminal, '30 100')
    await terminal.resize(44, 111)
    await untilSize(terminal, '44 111')
    terminal.type('exit 9\r')
    expect(await terminal.exited()).toBe(9)

    const left = onTerminal('exec', '-it', 'host', 'sh', '-c', 'echo begun; sleep 777')
    await left.shows('begun')
    left.type(DETACH)
    await left.exited()
    expect((await docker('top', 'host')).stdout).toContain('sleep 777')
    expect(await state('host')).toBe('running')
  })

  test('a terminal that goes away leaves the shell alive', async () => {
    const terminal = onTerminal('run', '-it', '--name', 'hung', 'busybox', 'sh')
    await terminal.shows('# ')
    terminal.hangUp()
    await terminal.exited()
    const again = onTerminal('attach', 'hung')
    again.type('\recho alive-$((40+2))\r')
    await again.shows('alive-42')
    again.type('exit\r')
    expect(await again.exited()).toBe(0)
    expect(await docker('rm', 'hung')).toMatchObject({ code: 0 })
  })

  test('start -ai, and what needs a terminal and has none', async () => {
    expect(await docker('create', '-it', '--name', 'later', 'busybox', 'sh')).toMatchObject({ code: 0 })
    const terminal = onTerminal('start', '-ai', 'later')
    await terminal.shows('# ')
    terminal.type('exit 3\r')
    expect(await terminal.exited()).toBe(3)
    expect(await docker('rm', 'later')).toMatchObject({ code: 0 })
    const none = await docker('run', '--rm', '-it', 'busybox', 'true')
    expect(none.code).not.toBe(0)
    expect(none.stderr).toMatch(/the input device is not a TTY|stdin.* is not a terminal/)
  })
})
