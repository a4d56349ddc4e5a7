import { expect, test } from 'vitest'
import { tracksWrites } from './write-tracking.ts'

test('an emulated guest is tracked from QEMU 9.0 on, one on KVM always', () => {
  expect(tracksWrites('tcg', '7.2.22')).toBe(false)
  expect(tracksWrites('tcg', '8.2.2')).toBe(false)
  expect(tracksWrites('tcg', '9.0.0')).toBe(true)
  expect(tracksWrites('tcg', '11.1.3')).toBe(true)
  expect(tracksWrites('kvm', '7.2.22')).toBe(true)
})

test('a version that is no version is not trusted', () => {
  expect(tracksWrites('tcg', '')).toBe(false)
})
