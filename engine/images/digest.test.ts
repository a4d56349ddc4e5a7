import { expect, test } from 'vitest'
import { digestOf, hexOf, isDigest } from './digest.ts'

const hex = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

test('a digest is sha256 and 64 lower-case hex digits, nothing else', () => {
  expect(digestOf('')).toBe(`sha256:${hex}`)
  expect(hexOf(digestOf(''))).toBe(hex)
  const others = [
    '',
    hex,
    `sha256:${hex.toUpperCase()}`,
    `sha256:${hex}0`,
    `sha256:${hex}\n`,
    `sha512:${hex}`,
    null,
    7,
  ]
  for (const other of [...others, 'sha256:../../x', `sha256:${'../'.repeat(21)}x`])
    expect(isDigest(other)).toBe(false)
})

test('what is none never becomes part of a path', () => {
  for (const text of ['sha256:../../../../etc/passwd', `sha256:${hex}/..`, 'sha256:']) {
    expect(() => hexOf(text)).toThrow(expect.objectContaining({ code: 'IMAGE_INVALID' }))
  }
})
