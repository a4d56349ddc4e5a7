import { spawn, type ChildProcess } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fakeElectron } from '../../testing/fake-electron.ts'
import { startEngine } from './process.ts'

let folder: string
let children: ChildProcess[]
beforeEach(async () => {
  folder = await mkdtemp('/tmp/ramet-process-')
  children = []
})
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  await rm(folder, { recursive: true })
})

/** A utility process is a process with Node in it: here a real one, of this Node. */
const electron = fakeElectron({
  utilityProcess: {
    fork(entry: string, args: string[], { env, stdio }: { env: NodeJS.ProcessEnv; stdio: string }) {
      expect(stdio).toBe('pipe')
      const child = spawn(process.execPath, [entry, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
      children.push(child)
      const utility = Object.assign(new EventEmitter(), {
        pid: child.pid,
        stdout: child.stdout,
        stderr: child.stderr,
        kill: () => child.kill('SIGTERM'),
      })
      child.once('close', (code) => utility.emit('exit', code ?? 15))
      return utility
    },
  },
})

async function start(source: string) {
  await writeFile(`${folder}/engine.mjs`, source)
  const logFile = `${folder}/state/engine.log`
  const engine = await startEngine(electron, {
    entry: `${folder}/engine.mjs`,
    logFile,
    env: { WORD: 'hello' },
  })
  return { engine, log: () => readFile(logFile, 'utf8') }
}

test('it is told its environment, its output is kept, and it ends when asked to', async () => {
  const { engine, log } = await start(
    "process.on('SIGTERM', () => { console.log('bye'); process.exit(0) }); console.log(process.env.WORD); setInterval(() => {}, 1000)",
  )
  while (!(await log().catch(() => '')).includes('hello'))
    await new Promise((resolve) => setTimeout(resolve, 10))
  await engine.stop()
  expect(await engine.ended).toBe('bye')
  expect(await log()).toBe('hello\nbye\n')
})

test('one whose output cannot be kept ends all the same', async () => {
  await mkdir(`${folder}/state/engine.log`, { recursive: true })
  const { engine } = await start("console.log('last words')")
  expect(await engine.ended).toBe('last words')
})

test.each([
  ["console.error('ramet: libvirt is missing'); process.exit(1)", 'libvirt is missing'],
  ["throw new TypeError('x is not a function')", 'TypeError: x is not a function'],
  ['process.exit(7)', 'it ended with code 7'],
])('why it ended is told: %s', async (source, why) => {
  const { engine } = await start(source)
  expect(await engine.ended).toBe(why)
})
