import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect } from 'vitest'
import { command, qemuProcesses, TestEngine, type CliResult } from './engine.ts'
import { busyboxImage } from './images.ts'

/** An engine that has the busybox image. */
export interface EngineFixture {
  engine: TestEngine
  /** The image's tag. */
  image: string
}

/** One engine for the file or the suite: templates are made once, and every test forks. No VM is left at its end. */
export function useEngine(take: (fixture: EngineFixture) => void): void {
  let engine: TestEngine | undefined

  beforeAll(async () => {
    engine = await TestEngine.start()
    const { archive, tag } = await busyboxImage()
    take({ engine, image: tag })
    expect(await engine.ramet(['load', '-i', archive])).toMatchObject({ code: 0 })
  })

  afterAll(async () => {
    if (!engine) return
    await engine[Symbol.asyncDispose]()
    expect(await qemuProcesses(engine.home)).toEqual([])
  })
}

/** Rejects where `holds` has not come true in time, which is enough for a machine that has much else to do. */
export async function until(
  what: string,
  holds: () => Promise<boolean>,
  milliseconds = 120_000,
): Promise<void> {
  const deadline = Date.now() + milliseconds
  for (;;) {
    // Once more after it: the machine may have stood still until then.
    const late = Date.now() >= deadline
    if (await holds()) return
    if (late) throw new Error(`not within ${milliseconds} ms: ${what}`)
    await delay(100)
  }
}

/** What Docker's own command line says of its version; undefined where it is not installed. */
export async function dockerVersion(): Promise<string | undefined> {
  const { code, stdout } = await command('docker', ['--version']).catch(() => ({ code: 1, stdout: '' }))
  return code === 0 ? stdout.trim() : undefined
}

/** For programs that are to find `engine` as Docker; their settings go with its home. */
export function dockerEnvironment(engine: TestEngine): NodeJS.ProcessEnv {
  return {
    ...engine.env,
    DOCKER_HOST: `unix://${engine.socket}`,
    DOCKER_CONFIG: `${engine.home}/docker`,
  }
}

export function runDocker(engine: TestEngine, args: string[], input?: string | Buffer): Promise<CliResult> {
  return command('docker', args, { env: dockerEnvironment(engine), input })
}
