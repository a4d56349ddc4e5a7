import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ContainerInspect } from '../../contract/docker.ts'
import { qemuProcesses, TestEngine } from '../support/engine.ts'
import { until } from '../support/fixture.ts'
import { busyboxImage } from '../support/images.ts'
import { TestWindow } from './support/window.ts'

/** A container is given other settings by making it anew, in the window, on a real engine with real VMs. Each step stands on the last. */
let engine: TestEngine
let window: TestWindow

const PORT = 18_476
const LONG = { timeout: 240_000 }

beforeAll(async () => {
  engine = await TestEngine.start()
  const { archive, tag } = await busyboxImage()
  await ok('load', '-i', archive)
  await ok('network', 'create', 'backend')
  const place = [
    '--network',
    'backend',
    '--network-alias',
    'store',
    '-v',
    'named:/named:nocopy',
    '-v',
    '/nameless',
  ]
  const kept = ['-i', '--tmpfs', '/scratch', '--mount', 'type=tmpfs,dst=/small,tmpfs-size=1m,tmpfs-mode=700', '--memory-reservation', '32m'] // prettier-ignore
  const script = 'httpd -p 80 -h /nameless; sleep 9999'
  await ok('run', '-d', '--name', 'web', '-p', `${PORT}:80`, '-e', 'SIZE=small', '-l', 'team=a', '--stop-timeout', '1', ...place, ...kept, tag, 'sh', '-c', script) // prettier-ignore
  await ok(
    'exec',
    'web',
    'sh',
    '-c',
    'echo kept > /named/file; echo kept too > /nameless/file; echo lost > /file',
  )
  window = await TestWindow.open(engine)
})

afterAll(async () => {
  await window?.[Symbol.asyncDispose]()
  await engine?.[Symbol.asyncDispose]()
  expect(await qemuProcesses(engine.home)).toEqual([])
})

async function ok(...args: string[]): Promise<string> {
  const result = await engine.ramet(args, { timeoutMs: 300_000 })
  expect(result, args.join(' ')).toMatchObject({ code: 0 })
  return result.stdout.trim()
}
/** Its server may not listen yet when a container has just been started. */
const served = () =>
  until('the kept file is served', async () => {
    const answer = await fetch(`http://127.0.0.1:${PORT}/file`).then((found) => found.text(), () => '') // prettier-ignore
    return answer.trim() === 'kept too'
  })
const field = (name: string) => window.page.getByRole('textbox', { name, exact: true })

async function openForm(): Promise<void> {
  const { page } = window
  await window.go(`/containers/${(await engine.inspect('web')).Id}/settings`)
  await page.getByRole('link', { name: 'Edit and recreate…' }).click()
  await page.getByRole('heading', { name: 'Recreate web' }).waitFor()
}

async function recreate(): Promise<void> {
  const { page } = window
  await page.locator('main').getByRole('button', { name: 'Recreate', exact: true }).click()
  const question = page.getByRole('alertdialog')
  await question.getByText('Recreate web').waitFor()
  await question.getByRole('button', { name: 'Recreate' }).click()
}

test('one that cannot be started loses nothing: the old one runs on, with its name and its port', async () => {
  const { page } = window
  const before = await engine.inspect('web')
  await openForm()
  await field('Command').fill('/no/such/program')
  await recreate()
  await page.getByRole('alert').filter({ hasText: '/no/such/program' }).waitFor(LONG)
  const now = await engine.inspect('web')
  expect(now).toMatchObject({ Id: before.Id, State: { Running: true } })
  expect(await ok('ps', '-a', '-q')).toHaveLength(12)
  expect(await ok('exec', 'web', 'cat', '/file')).toBe('lost')
  await served()
})

test('one that cannot be made leaves the old one running all along', async () => {
  const { page } = window
  const before = await engine.inspect('web')
  await openForm()
  await field('Folder in the container').first().fill('relative')
  await recreate()
  await page.getByRole('alert').filter({ hasText: 'relative' }).waitFor(LONG)
  expect(await engine.inspect('web')).toMatchObject({ Id: before.Id, State: before.State })
})

test('what is edited is new, all else and its data are as they were', async () => {
  const { page } = window
  const before = await engine.inspect('web')
  await openForm()
  const value = page.getByRole('group', { name: 'Environment' }).getByRole('textbox', { name: 'Value' })
  await expect.poll(() => value.inputValue()).toBe('small')
  await value.fill('large')
  await page.getByRole('button', { name: 'Set limits' }).click()
  await field('Memory').fill('300m')
  await recreate()
  await page.getByRole('heading', { name: 'web', exact: true }).waitFor(LONG)
  const now = await engine.inspect('web')
  expect(now.Id).not.toBe(before.Id)
  expect(now).toMatchObject({
    State: { Running: true },
    Config: { Labels: { team: 'a' }, StopTimeout: 1, Cmd: before.Config.Cmd, OpenStdin: true },
    NetworkSettings: { Networks: { backend: { Aliases: expect.arrayContaining(['store']) as unknown } } },
  })
  expect(now.Config.Env).toContain('SIZE=large')
  const nameless = {
    Type: 'volume',
    Source: expect.any(String) as string,
    Target: '/nameless',
    ReadOnly: false,
  }
  expect(now.HostConfig).toEqual({
    ...before.HostConfig,
    Memory: 300 * 1024 ** 2,
    NanoCpus: 0,
    Mounts: [...before.HostConfig.Mounts!, nameless],
  })
  const places = ({ Mounts }: ContainerInspect) =>
    Mounts.map(({ Destination, Mode }) => [Destination, Mode]).sort()
  expect(places(now)).toEqual(places(before))
  expect(await ok('exec', 'web', 'stat', '-c', '%a', '/small')).toBe('700')
  expect(await ok('exec', 'web', 'cat', '/named/file', '/nameless/file')).toBe('kept\nkept too')
  expect((await engine.ramet(['exec', 'web', 'cat', '/file'])).code).toBe(1)
  await served()
  expect(await ok('ps', '-a', '-q')).toHaveLength(12)
})

test('one that does not run is made anew too, under another name', async () => {
  const { page } = window
  await ok('stop', 'web')
  await openForm()
  await field('Name').fill('site')
  await recreate()
  await page.getByRole('heading', { name: 'site', exact: true }).waitFor(LONG)
  expect(await ok('ps', '-a', '-q')).toHaveLength(12)
  expect((await engine.inspect('site')).HostConfig.Memory).toBe(300 * 1024 ** 2)
  expect(await ok('exec', 'site', 'cat', '/named/file', '/nameless/file')).toBe('kept\nkept too')
})

test('nothing was complained of', () => {
  expect(window.complaints).toEqual([])
})
