import { expect, test } from 'vitest'
import type { HostConfig } from '../../../contract/docker.ts'
import { newRecord } from '../containers/record.ts'
import { TemplateService } from '../templates.ts'
import { keyOf, parseWarmPolicy, warmByItself, warmPolicyOf } from './warm-starts.ts'

test('a policy is read, or refused', () => {
  expect(parseWarmPolicy('off')).toBeUndefined()
  expect(parseWarmPolicy('healthy')).toEqual({ when: 'healthy' })
  expect(parseWarmPolicy('after=30s')).toEqual({ when: 'after', milliseconds: 30_000 })
  expect(parseWarmPolicy('after=2m')).toEqual({ when: 'after', milliseconds: 120_000 })
  for (const text of ['soon', 'after=', 'after=3', 'after=-1s', 'healthy '])
    expect(() => parseWarmPolicy(text)).toThrow('write healthy, after=30s, or off')
})

test("a container's label goes before the setting", () => {
  const labelled = (Labels: Record<string, string>) =>
    newRecord('0'.repeat(64), 'one', { image: { id: '', reference: '' }, config: { Labels }, hostConfig: {} })
  expect(warmPolicyOf(labelled({}), 'healthy')).toEqual({ when: 'healthy' })
  expect(warmPolicyOf(labelled({ 'ramet.warm': 'off' }), 'healthy')).toBeUndefined()
  expect(warmPolicyOf(labelled({ 'ramet.warm': 'after=1s' }), 'off')).toEqual({
    when: 'after',
    milliseconds: 1000,
  })
})

interface World {
  kit?: string
  qemuVersion?: string
  /** What the store's only template is named. */
  name?: string
}

/** Templates of a host and a guest kit; nothing is booted. */
function templatesOf({ kit = 'kit', qemuVersion = '7.2.0', name = '' }: World): TemplateService {
  const facts = { accelerator: 'tcg', qemuVersion, libvirtVersion: '9.0.0', cpuModel: 'max' }
  const live = { kind: 'healthy', name, layers: [], container: { id: '1', name: 'first' } }
  const kernel = { vmlinuz: '', vmlinuzHead: '', initrd: '', cmdline: '' }
  return new TemplateService({
    hypervisor: { facts },
    kit: { id: kit, kernelVersion: '', kernel },
    images: {
      get: async (id: string) => ({ id, config: {} }),
      erofs: async () => ({ path: '/image', bytes: 1 << 21 }),
    },
    goldenDisks: { path: '/golden' },
    store: { list: async () => [{ id: 'frozen', live }] },
  } as unknown as ConstructorParameters<typeof TemplateService>[0])
}

const warm = (hostConfig: HostConfig = {}, Cmd = ['true']) =>
  newRecord('0'.repeat(64), 'two', {
    image: { id: 'image', reference: 'image' },
    config: { Cmd, Labels: { 'ramet.warm': 'healthy' } },
    hostConfig,
  })

test('what was frozen serves those like it, on the same host with the same kit alone', async () => {
  const name = await keyOf(templatesOf({}), warm())
  const from = async (world: World, record = warm()): Promise<string | undefined> =>
    (await warmByItself(templatesOf({ ...world, name }), record, 'off')).frozen
  expect(await from({})).toBe('frozen')
  expect(await from({ kit: 'another' })).toBeUndefined()
  expect(await from({ qemuVersion: '10.0.0' })).toBeUndefined()
  expect(await from({}, warm({}, ['false']))).toBeUndefined()
  for (const host of [{ Memory: 1 << 30 }, { DnsSearch: ['example.org'] }, { ExtraHosts: ['a:1.2.3.4'] }])
    expect(await from({}, warm(host))).toBeUndefined()
})
