import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { until } from './fixture.ts'
import { command } from './engine.ts'

/** A program on a terminal of its own (made by script(1)), as a person would sit before it. */
export class Terminal {
  readonly #script: ChildProcessWithoutNullStreams
  readonly #exit: Promise<number>
  /** All that was shown. */
  shown = ''

  /** No argument may hold a single quote. */
  constructor(argv: string[], env: NodeJS.ProcessEnv, { rows = 30, columns = 100 } = {}) {
    const words = argv.map((word) => `'${word}'`).join(' ')
    // The terminal's own name goes before everything else, for `resize`.
    const line = `stty rows ${rows} cols ${columns}; tty; exec ${words}`
    this.#script = spawn('script', ['-qefc', line, '/dev/null'], { env })
    this.#script.stdout.on('data', (data: Buffer) => (this.shown += data.toString()))
    this.#exit = once(this.#script, 'close').then(([code]) => code as number)
  }

  /** Waits until the program has shown `text`. */
  async shows(text: string | RegExp): Promise<void> {
    const found = (): boolean =>
      typeof text === 'string' ? this.output.includes(text) : text.test(this.output)
    await until(`${String(text)} on the terminal`, async () => found()).catch((error: Error) => {
      throw new Error(`${error.message}; shown: ${JSON.stringify(this.output)}`)
    })
  }

  /** What the program has shown. */
  get output(): string {
    return this.shown.slice(this.shown.indexOf('\n') + 1)
  }

  type(keys: string): void {
    this.#script.stdin.write(keys)
  }

  /** The program learns of it by SIGWINCH. */
  async resize(rows: number, columns: number): Promise<void> {
    const [device] = this.shown.split('\r\n', 1)
    const { code, stderr } = await command('stty', ['-F', device!, 'rows', `${rows}`, 'cols', `${columns}`])
    if (code !== 0) throw new Error(`stty on ${device}: ${stderr}`)
  }

  /** As if its window were closed: the program gets SIGHUP. */
  hangUp(): void {
    this.#script.kill('SIGKILL')
  }

  /** Waits for its end. */
  exited(): Promise<number> {
    return this.#exit
  }
}
