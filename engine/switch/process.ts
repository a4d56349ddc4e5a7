import { spawn } from 'node:child_process'
import { mkdir, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { EngineError } from '../../contract/errors.ts'
import { SwitchClient } from './client.ts'

/** A network as its switch is to know it; these facts never change. */
export interface SwitchNetwork {
  id: string
  name: string
  gateway: {
    mac: string
    /** With the length of the prefix. */
    ip4?: string
    ip6?: string
  }
  /** Its members do not reach each other. */
  isolated: boolean
}

const START_MS = 10_000

export const controlOf = (folder: string): string => join(folder, 'control')

/** Starts a switch in a session of its own, so that it outlives the engine, and waits until it listens. */
export async function startSwitch(
  binary: string,
  folder: string,
  network: SwitchNetwork,
): Promise<SwitchClient> {
  const { name, gateway, isolated } = network
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const log = join(folder, 'log')
  const output = await open(log, 'w', 0o600)
  const args = [
    `--folder=${folder}`,
    `--name=${name}`,
    `--mac=${gateway.mac}`,
    ...(gateway.ip4 ? [`--ip4=${gateway.ip4}`] : []),
    ...(gateway.ip6 ? [`--ip6=${gateway.ip6}`] : []),
    ...(isolated ? ['--isolated=yes'] : []),
  ]
  const child = spawn(binary, args, { detached: true, stdio: ['ignore', 'ignore', output.fd], env: {} })
  let ended: string | undefined
  child.once('error', (error) => (ended = error.message))
  child.once('exit', (code, signal) => (ended ??= `it ended with ${signal ?? code}`))
  child.unref()
  try {
    for (const deadline = Date.now() + START_MS; Date.now() < deadline && !ended; await delay(5)) {
      const client = await SwitchClient.connect(controlOf(folder)).catch(() => undefined)
      if (client) return client
    }
    const said = await readFile(log, 'utf8').catch(() => '')
    throw new EngineError(
      'INTERNAL',
      `cannot start the switch of the network ${name}: ${said.trim() || ended || 'it does not answer'}`,
    )
  } finally {
    await output.close()
  }
}
