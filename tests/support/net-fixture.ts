import { beforeAll, expect } from 'vitest'
import type { CliResult, TestEngine } from './engine.ts'
import { useEngine, type EngineFixture } from './fixture.ts'
import { netImage } from './net-image.ts'

export interface NetCommands {
  ramet: (...args: string[]) => Promise<CliResult>
  /** Runs a command in the container `name`. */
  inside: (name: string, ...command: string[]) => Promise<CliResult>
  /** Starts a container of the image, in which the shell runs `script`. Answers what was warned of. */
  start: (name: string, script: string, ...flags: string[]) => Promise<string>
}

/** `useEngine`, with the image of `net-tool` in place of busybox's. */
export function useNetEngine(take: (fixture: EngineFixture) => void): NetCommands {
  let engine: TestEngine
  let image: string

  useEngine((fixture) => ({ engine } = fixture))

  const ramet = (...args: string[]): Promise<CliResult> => engine.ramet(args)

  beforeAll(async () => {
    const made = await netImage()
    image = made.tag
    expect(await ramet('load', '-i', made.archive)).toMatchObject({ code: 0 })
    take({ engine, image })
  })

  return {
    ramet,
    inside: (name, ...command) => ramet('exec', name, ...command),
    start: async (name, script, ...flags) => {
      const { code, stderr } = await ramet('run', '-d', '--name', name, ...flags, image, 'sh', '-c', script)
      expect([code, code === 0 ? '' : stderr]).toEqual([0, ''])
      return stderr
    },
  }
}
