import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { HealthStatus } from '../../../contract/docker.ts'
import { healthCheckOf, HealthMonitor, mergeHealthcheck, type HealthCheck } from './health.ts'

const MS = 1e6

describe('the health check of a container', () => {
  test('takes from the image what the request leaves open', () => {
    const image = { Test: ['CMD', 'up'], Interval: 5 * MS, Retries: 2 }
    expect(mergeHealthcheck(image, undefined)).toEqual(image)
    expect(mergeHealthcheck(image, { Test: [], Interval: 7 * MS, Retries: 0 })).toEqual({
      ...image,
      Interval: 7 * MS,
    })
    expect(mergeHealthcheck(undefined, null)).toBeUndefined()
  })

  test('is refused with times that make no sense', () => {
    expect(() => mergeHealthcheck(undefined, { Interval: 10 })).toThrow(
      'Interval in Healthcheck cannot be less',
    )
    expect(() => mergeHealthcheck(undefined, { Timeout: -MS })).toThrow(
      'Timeout in Healthcheck cannot be less',
    )
    expect(() => mergeHealthcheck(undefined, { Retries: -1 })).toThrow('Retries')
  })

  test('runs words as they are and a line by the shell, with the usual times', () => {
    const of = (Test: string[]) => healthCheckOf({ Healthcheck: { Test } })
    expect(of(['CMD', 'a', 'b'])?.argv).toEqual(['a', 'b'])
    expect(of(['CMD-SHELL', 'a && b'])).toMatchObject({
      argv: ['/bin/sh', '-c', 'a && b'],
      interval: 30_000,
      timeout: 30_000,
      retries: 3,
    })
    expect(healthCheckOf({ Shell: ['ash', '-ec'], Healthcheck: { Test: ['CMD-SHELL', 'a'] } })?.argv).toEqual(
      ['ash', '-ec', 'a'],
    )
    expect(of(['NONE'])).toBeUndefined()
    expect(of([])).toBeUndefined()
    expect(healthCheckOf({})).toBeUndefined()
  })
})

describe('a monitor', () => {
  const check: HealthCheck = {
    argv: ['check'],
    interval: 5,
    timeout: 1000,
    startPeriod: 0,
    startInterval: 5,
    retries: 2,
  }
  const monitors: HealthMonitor[] = []
  afterEach(() => {
    monitors.splice(0).forEach((monitor) => monitor.end())
    vi.useRealTimers()
  })

  /** Answers the codes one after the other, the last one again and again. */
  function monitorOf(codes: number[], changes: HealthStatus[] = []): HealthMonitor {
    const monitor = new HealthMonitor({
      probe: async () => ({ exitCode: codes.length > 1 ? codes.shift()! : codes[0]!, output: 'said' }),
      onStatus: (status) => changes.push(status),
    })
    monitors.push(monitor)
    return monitor
  }

  async function until(holds: () => boolean): Promise<void> {
    const deadline = Date.now() + 5000
    while (!holds()) {
      if (Date.now() > deadline) throw new Error('did not come about')
      await delay(2)
    }
  }

  test('tells each change once, and counts failures until the first success', async () => {
    const changes: HealthStatus[] = []
    const monitor = monitorOf([0, 0, 1, 1, 1, 0], changes)
    monitor.begin(check, Date.now())
    expect(monitor.health).toEqual({ Status: 'starting', FailingStreak: 0, Log: [] })
    await until(() => changes.length === 3)
    expect(changes).toEqual(['healthy', 'unhealthy', 'healthy'])
    expect(monitor.health).toMatchObject({ Status: 'healthy', FailingStreak: 0 })
  })

  test('keeps the last five results', async () => {
    const monitor = monitorOf([3, 2, 1, 0])
    monitor.begin(check, Date.now())
    await until(() => monitor.health!.Log.length === 5 && monitor.health!.Log[0]!.ExitCode === 0)
    expect(monitor.health!.Log).toHaveLength(5)
    expect(monitor.health!.Log[0]).toMatchObject({ ExitCode: 0, Output: 'said' })
  })

  test('forgives failures in the start period, but takes a success', async () => {
    vi.useFakeTimers()
    const monitor = monitorOf([1, 1, 1, 0])
    monitor.begin({ ...check, startPeriod: 60_000, retries: 1 }, Date.now())
    for (const times of [1, 2, 3]) {
      await vi.advanceTimersByTimeAsync(check.startInterval)
      expect(monitor.health!.Log).toHaveLength(times)
      expect(monitor.health).toMatchObject({ Status: 'starting', FailingStreak: 0 })
    }
    await vi.advanceTimersByTimeAsync(check.startInterval)
    expect(monitor.health!.Status).toBe('healthy')
  })

  test('counts a probe that takes too long as failed, and ends it', async () => {
    let ended = 0
    const monitor = new HealthMonitor({
      probe: (_argv, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            ended++
            reject(new Error('ended'))
          })
        }),
      onStatus: () => {},
    })
    monitors.push(monitor)
    monitor.begin({ ...check, timeout: 20, retries: 1 }, Date.now())
    await until(() => monitor.health!.Status === 'unhealthy')
    expect(ended).toBeGreaterThan(0)
    expect(monitor.health!.Log[0]).toMatchObject({
      ExitCode: -1,
      Output: 'Health check exceeded timeout (0.02s)',
    })
  })

  test('goes on from what was found before, and ends with its run', async () => {
    const monitor = monitorOf([0])
    monitor.begin(check, Date.now(), 'unhealthy')
    expect(monitor.health!.Status).toBe('unhealthy')
    await until(() => monitor.health!.Status === 'healthy')
    monitor.end()
    const { length } = monitor.health!.Log
    await delay(30)
    expect(monitor.health!.Log).toHaveLength(length)
  })
})
