import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { frame, type FakeEngine } from './fake-engine.ts'

const main = join(import.meta.dirname, '../main.ts')

const environment = (engine: FakeEngine): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  RAMET_HOME: engine.home,
  HOME: engine.home,
})

/** The command line as a process of its own, on the engine that stands in. */
export function start(engine: FakeEngine, args: string[]): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [main, ...args], { env: environment(engine) })
}

/** The same on a terminal of 30 lines and 100 columns, typed into and read by pipes; `args` hold no blanks. */
export function startOnTerminal(engine: FakeEngine, args: string[]): ChildProcessWithoutNullStreams {
  const command = `stty rows 30 cols 100; exec ${[process.execPath, main, ...args].join(' ')}`
  return spawn('script', ['-qefc', command, '/dev/null'], { env: environment(engine) })
}

/** The command line to its end; its standard input is `typed\n`. */
export async function ramet(
  engine: FakeEngine,
  ...args: string[]
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = start(engine, args)
  child.stdin.end('typed\n')
  const text = { stdout: '', stderr: '' }
  child.stdout.on('data', (data) => (text.stdout += String(data)))
  child.stderr.on('data', (data) => (text.stderr += String(data)))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, ...text }
}

/** A container `c1` whose process prints `out` and `err`, and ends with `code` as soon as it is started. */
export function container(engine: FakeEngine, code: number, out = '', err = ''): void {
  const ends: (() => void)[] = []
  engine.json('POST /containers/create', 201, { Id: 'c1', Warnings: [] })
  engine.takeovers['POST /containers/c1/attach'] = (_call, socket) => {
    ends.push(() => socket.end(Buffer.concat([frame(1, out), frame(2, err)])))
  }
  engine.answers['POST /containers/c1/wait'] = (_call, response) => {
    response.writeHead(200)
    response.flushHeaders()
    ends.push(() => response.end(JSON.stringify({ StatusCode: code })))
  }
  engine.answers['POST /containers/c1/start'] = (_call, response) => {
    response.writeHead(204).end()
    for (const end of ends.splice(0)) end()
  }
}
