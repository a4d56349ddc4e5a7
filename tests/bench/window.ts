import { setTimeout as delay } from 'node:timers/promises'
import { TestWindow } from '../e2e/support/window.ts'
import { TestEngine } from '../support/engine.ts'
import { busyboxImage } from '../support/images.ts'
import { json, machineFacts } from './facts.ts'
import { median } from './median.ts'

const CONTAINERS = 200
const LOADS = 10
const SCROLLS = 5
const CHANGES_A_SECOND = 20
const HIDDEN_MS = 20_000

/**
 * The window in Chromium on the browser console, with 200 containers that were never started, so that no VM has part in
 * it: how long until the list can be read, scrolling while twenty of them change every second, and what its page takes
 * while it is hidden and they go on changing.
 */
export async function benchWindow(): Promise<object> {
  await using engine = await TestEngine.start()
  const { archive, tag } = await busyboxImage()
  const { code, stderr } = await engine.ramet(['load', '-q', '-i', archive])
  if (code !== 0) throw new Error(`load failed: ${stderr}`)
  const ids: string[] = []
  for (let at = 0; at < CONTAINERS; at++) {
    const body = { Image: tag, Cmd: ['true'] }
    ids.push((await json<{ Id: string }>(engine, 'POST', `/containers/create?name=many-${at}`, body)).Id)
  }
  await using window = await TestWindow.open(engine)
  await window.page.getByRole('heading', { name: 'Welcome to Ramet' }).waitFor()

  const loads: number[] = []
  for (let load = 0; load < LOADS; load++) loads.push(await window.firstRow())

  let round = 0
  let changing = true
  const changes = (async () => {
    for (; changing; round++) {
      const id = ids[round % CONTAINERS]!
      await engine.call('POST', `/containers/${id}/rename?name=renamed-${round}`)
      await delay(1000 / CHANGES_A_SECOND)
    }
  })()
  const scrolls: number[] = []
  for (let scroll = 0; scroll < SCROLLS; scroll++) scrolls.push(await window.scroll())
  const seenShare = await window.cpuShare(HIDDEN_MS / 4)
  const before = round
  await window.hide(true)
  await delay(1000)
  const hiddenShare = await window.cpuShare(HIDDEN_MS)
  changing = false
  await changes
  return {
    machine: await machineFacts(engine),
    containers: CONTAINERS,
    firstRowMs: { median: median(loads), slowest: Math.max(...loads) },
    longestTaskMs: { median: median(scrolls), slowest: Math.max(...scrolls) },
    cpuShareWhileSeen: seenShare,
    cpuShareWhileHidden: hiddenShare,
    changesWhileHidden: round - before,
  }
}
