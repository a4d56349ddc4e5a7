import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * A bundle of busybox for runc (Debian: runc), with the program's own default settings: what a container engine that
 * shares the workstation's kernel does for the same command.
 */
export class RuncBundle implements AsyncDisposable {
  readonly #folder: string
  #runs = 0

  private constructor(folder: string) {
    this.#folder = folder
  }

  /** Undefined, with the reason, where runc is not there or cannot run here. */
  static async open(): Promise<{ bundle?: RuncBundle; reason?: string }> {
    const folder = await mkdtemp(join(tmpdir(), 'ramet-runc-'))
    const bundle = new RuncBundle(folder)
    try {
      await mkdir(join(folder, 'rootfs/bin'), { recursive: true })
      await run('cp', ['/bin/busybox', join(folder, 'rootfs/bin/busybox')])
      await run('ln', ['-s', 'busybox', join(folder, 'rootfs/bin/true')])
      await run('runc', ['spec'], { cwd: folder })
      const file = join(folder, 'config.json')
      const spec = JSON.parse(await readFile(file, 'utf8')) as {
        process: { args: string[]; terminal: boolean }
      }
      spec.process.args = ['/bin/true']
      spec.process.terminal = false
      await writeFile(file, JSON.stringify(spec))
      await bundle.true()
      return { bundle }
    } catch (error) {
      await bundle[Symbol.asyncDispose]()
      const { stderr, message } = error as { stderr?: string; message: string }
      return { reason: (stderr || message).trim().split('\n').at(-1) }
    }
  }

  /** Milliseconds of one run of /bin/true. */
  async true(): Promise<number> {
    const start = performance.now()
    await run('runc', ['run', '--bundle', this.#folder, `ramet-bench-${process.pid}-${this.#runs++}`])
    return performance.now() - start
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true })
  }
}
