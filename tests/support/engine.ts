import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { ContainerInspect } from '../../contract/docker.ts'

const root = join(import.meta.dirname, '../..')

export interface CliResult {
  code: number
  stdout: string
  stderr: string
}

/** An engine with a home of its own, and the command line on it. Everything goes when it is disposed of. */
export class TestEngine implements AsyncDisposable {
  readonly home: string
  readonly env: NodeJS.ProcessEnv
  #process: ChildProcess | undefined
  #output = ''

  private constructor(home: string, extra: NodeJS.ProcessEnv) {
    this.home = home
    this.env = { ...process.env, RAMET_HOME: home, ...extra }
  }

  /** Paths of unix sockets are short: the home lies right under /tmp. */
  static async start(extra: NodeJS.ProcessEnv = {}): Promise<TestEngine> {
    const engine = new TestEngine(await mkdtemp('/tmp/ramet-'), extra)
    await engine.up()
    return engine
  }

  get socket(): string {
    return join(this.home, 'run/docker.sock')
  }

  get pid(): number {
    return this.#process!.pid!
  }

  async up(): Promise<void> {
    this.#process = spawn(join(root, 'build/engine'), [], {
      env: this.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const note = (data: Buffer): void => void (this.#output += data.toString())
    this.#process.stdout!.on('data', note)
    this.#process.stderr!.on('data', note)
    const deadline = Date.now() + 60_000
    while (Date.now() < deadline && this.#process.exitCode === null) {
      if (await this.get('/_ping').then((answer) => answer.status === 200, () => false)) return // prettier-ignore
      await delay(50)
    }
    throw new Error(`the engine did not come up: ${this.#output}`)
  }

  /** Ends the engine, with SIGKILL unless told otherwise; its VMs run on. */
  async down(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#process
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill(signal)
    await gone
  }

  log(): string {
    return this.#output
  }

  get(path: string): Promise<{ status: number; body: string }> {
    return this.call('GET', path)
  }

  call(method: string, path: string, body?: unknown): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body)
      const headers = text
        ? { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }
        : {}
      const call = request({ socketPath: this.socket, method, path, headers }, (answer) => {
        let received = ''
        answer.setEncoding('utf8').on('data', (part: string) => (received += part))
        answer.once('end', () => resolve({ status: answer.statusCode ?? 0, body: received }))
        answer.once('error', reject)
      })
      call.once('error', reject)
      call.end(text)
    })
  }

  async inspect(name: string): Promise<ContainerInspect> {
    return JSON.parse((await this.get(`/containers/${name}/json`)).body) as ContainerInspect
  }

  /** Of the host, for a port of the container such as `80/tcp`; NaN where it is not published. */
  async portOf(name: string, port: string): Promise<number> {
    const { Ports } = (await this.inspect(name)).NetworkSettings
    return Number(Ports[port]?.[0]?.HostPort)
  }

  /** Runs `ramet ARGS`; never rejects for an exit code. */
  async ramet(
    args: string[],
    options: { input?: string | Buffer; timeoutMs?: number } = {},
  ): Promise<CliResult> {
    return command(join(root, 'cli/ramet'), args, { env: this.env, ...options })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process?.exitCode !== null || this.#process.signalCode !== null) await this.up().catch(() => {})
    const rows = await this.get('/containers/json?all=1').catch(() => undefined)
    for (const { Id } of rows?.status === 200 ? (JSON.parse(rows.body) as { Id: string }[]) : []) {
      await this.call('DELETE', `/containers/${Id}?force=1`)
    }
    await this.down('SIGTERM')
    const left = await qemuProcesses(this.home)
    for (const line of left) process.kill(parseInt(line), 'SIGKILL')
    await rm(this.home, { recursive: true, force: true })
    if (left.length > 0) throw new Error(`VMs were left running: ${left.join('\n')}`)
  }
}

/** Runs a program to its end. */
export function command(
  file: string,
  args: string[],
  options: { env?: NodeJS.ProcessEnv; input?: string | Buffer; timeoutMs?: number } = {},
): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env: options.env, stdio: ['pipe', 'pipe', 'pipe'] })
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on('data', (data: Buffer) => out.push(data))
    child.stderr.on('data', (data: Buffer) => err.push(data))
    child.stdin.on('error', () => {})
    child.stdin.end(options.input ?? '')
    const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 120_000)
    child.once('error', reject)
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      const stderr = Buffer.concat(err).toString() + (signal ? `\n[killed by ${signal}]` : '')
      resolve({ code: code ?? 1, stdout: Buffer.concat(out).toString(), stderr })
    })
  })
}

/** QEMU processes whose command line names something of `home`. */
export async function qemuProcesses(home: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid,args', '-ww'])
  return stdout.split('\n').filter((line) => line.includes('qemu-system') && line.includes(home))
}
