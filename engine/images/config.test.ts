import { expect, test } from 'vitest'
import { parseConfig } from './config.ts'
import { joinImage } from './stored-image.ts'
import { MEDIA } from './manifest.ts'

const digest = `sha256:${'a'.repeat(64)}`
const rootfs = { type: 'layers', diff_ids: [digest] }
const parse = (value: object) => parseConfig(Buffer.from(JSON.stringify(value)))
const parseRun = (config: object) => parse({ rootfs, config }).config
const refuses = (value: object, why: RegExp) =>
  expect(() => parse(value)).toThrow(
    expect.objectContaining({ code: 'IMAGE_INVALID', message: expect.stringMatching(why) as string }),
  )

test('what is known is taken over, what is not is left out, null is nothing', () => {
  const run = { User: 'app', Env: ['A=b=c'], Cmd: ['sh', '-c', 'x'], Entrypoint: null, ExposedPorts: { '80/tcp': { x: 1 } }, StopTimeout: 5, Healthcheck: { Test: ['NONE'], Interval: 1e9 }, Unknown: 1 } // prettier-ignore
  expect(parse({ rootfs, os: 'linux', architecture: 'amd64', config: run })).toEqual({
    created: '',
    author: '',
    os: 'linux',
    architecture: 'amd64',
    diffIds: [digest],
    history: [],
    config: { User: 'app', Env: ['A=b=c'], Cmd: ['sh', '-c', 'x'], ExposedPorts: { '80/tcp': {} }, StopTimeout: 5, Healthcheck: { Test: ['NONE'], Interval: 1e9 } }, // prettier-ignore
  })
  expect(parse({ rootfs, config: null }).config).toEqual({})
})

test('a user beyond what the kernel knows is refused', () => {
  for (const User of ['4294967296', '4294967295', '0:4294967295', '99999999999999999999']) {
    refuses({ rootfs, config: { User } }, /User/)
  }
  expect(parseRun({ User: '4294967294:4294967294' })).toEqual({ User: '4294967294:4294967294' })
})

test('texts that mean something elsewhere stay what they are', () => {
  const text = '<script>alert(1)</script> ]]> \u001b[2J \u202e \ufeff'
  const history = [{ created_by: text, empty_layer: true }]
  const parsed = parse({
    rootfs,
    config: { Labels: { [text]: text, __proto__: null } },
    history,
    author: text,
  })
  expect(parsed.config.Labels).toEqual({ [text]: text })
  expect(parsed.history[0]).toMatchObject({ createdBy: text, emptyLayer: true })
  expect(parsed.author).toBe(text)
})

test('volumes and a working folder with .. are the guest’s business', () => {
  const run = { Volumes: { '/../../etc': {} }, WorkingDir: '/../..' }
  expect(parseRun(run)).toEqual(run)
})

test('values of the wrong kind, and NUL characters, are refused', () => {
  refuses({ rootfs, config: { Env: 'A=b' } }, /Env/)
  refuses({ rootfs, config: { Env: [1] } }, /Env/)
  refuses({ rootfs, config: { Labels: { a: 1 } } }, /Labels/)
  refuses({ rootfs, config: { Volumes: ['/data'] } }, /Volumes/)
  refuses({ rootfs, config: { StopTimeout: 'soon' } }, /StopTimeout/)
  refuses({ rootfs, config: { Cmd: ['a\0b'] } }, /NUL/)
  refuses({ config: {} }, /diff_ids/)
  refuses({ rootfs: { diff_ids: ['sha256:../x'] } }, /diff_ids/)
})

test('a count of layers that is not that of the manifest is refused', () => {
  const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest, size: 1 }
  const manifest = (count: number) =>
    Buffer.from(JSON.stringify({ schemaVersion: 2, config: { mediaType: MEDIA.ociConfig, digest, size: 1 }, layers: Array.from({ length: count }, () => layer) })) // prettier-ignore
  const join = (count: number) =>
    joinImage(
      { mediaType: MEDIA.ociManifest, digest, size: 1 },
      manifest(count),
      Buffer.from(JSON.stringify({ rootfs })),
    )
  expect(join(1).config.diffIds).toHaveLength(1)
  expect(() => join(2)).toThrow(/2 layers in its manifest but 1 in its config/)
})
