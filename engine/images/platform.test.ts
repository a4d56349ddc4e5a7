import { expect, test } from 'vitest'
import { checkPlatform, choosePlatform, hostPlatform } from './platform.ts'

const manifest = (os: string, architecture: string, size = 1) => ({
  mediaType: 'm',
  digest: 'd',
  size,
  os,
  architecture,
})
const list = [manifest('unknown', 'unknown'), manifest('linux', 'arm64'), manifest('linux', 'amd64', 2), manifest('linux', 'amd64', 3)] // prettier-ignore

test('the first that fits is taken, whatever the variant', () => {
  expect(choosePlatform(list, 'linux/amd64', 'x')).toBe(list[2])
  expect(choosePlatform(list, 'linux/arm64/v8', 'x')).toBe(list[1])
})

test('what is not there is said together with what is', () => {
  expect(() => choosePlatform(list, 'linux/s390x', 'x')).toThrow('no such image: x exists for linux/arm64, linux/amd64, not for linux/s390x') // prettier-ignore
  expect(() => choosePlatform(list, 'arm64', 'x')).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
  )
})

test('this machine is a Linux of its architecture', () => {
  expect(hostPlatform()).toMatch(/^linux\/(amd64|arm64|386|arm|riscv64|s390x|ppc64)$/)
})

const image = { os: 'linux', architecture: 'amd64' }

test.each(['linux/amd64', 'linux/amd64/v2', 'Linux/x86_64', 'amd64', 'linux'])(
  'an image is for %s',
  (platform) => {
    expect(() => checkPlatform(image, 'a', platform)).not.toThrow()
  },
)

test.each(['linux/arm64', 'windows/amd64', 'arm64', 'linux/'])('an image is not for %s', (platform) => {
  expect(() => checkPlatform(image, 'a:1', platform)).toThrow(
    `image with reference a:1 was found but is for linux/amd64, not for ${platform}`,
  )
})
