import { expect, test } from 'vitest'
import type { AgentClient } from '../guest/agent-client.ts'
import { ClockKeeper } from './clock-keeper.ts'

test('guests are told once when the workstation has slept, but for those that stand still or do not answer', async () => {
  const clocks = { wall: 1_000_000, monotonic: 1_000 }
  const pass = (wall: number, monotonic = wall): void => {
    clocks.wall += wall
    clocks.monotonic += monotonic
  }
  const told: string[] = []
  const logged: string[] = []
  const guest = (name: string, paused: boolean, setClock = async () => void told.push(name)) => ({
    paused,
    agent: () => ({ setClock }) as Partial<AgentClient> as AgentClient,
  })
  const keeper = new ClockKeeper({
    running: () => [
      guest('gone', false, () => Promise.reject(new Error('no answer'))),
      guest('awake', false),
      guest('paused', true),
    ],
    log: (message) => logged.push(message),
    clocks: () => clocks,
  })
  pass(5_000)
  await keeper.tick()
  pass(5_000, 4_990)
  await keeper.tick()
  expect(told).toEqual([])
  pass(3_600_000, 2_000)
  await keeper.tick()
  await keeper.tick()
  expect(told).toEqual(['awake'])
  expect(logged).toEqual(['the clock of a container was not set: no answer'])
  pass(-60_000, 5_000)
  await keeper.tick()
  expect(told).toEqual(['awake', 'awake'])
})
