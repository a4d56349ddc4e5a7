import { defineStore } from 'pinia'
import type { QuickLaunch, QuickLaunchRequest, QuickLaunchRun } from '../../../contract/ramet.ts'
import { call, get } from '../api/engine.ts'
import { useList } from './list.ts'

/** Pinned and recent runs; the tray has the same. */
export const useLaunches = defineStore('launches', () => ({
  ...useList<QuickLaunch>({
    load: () => get('/ramet/v1/launches'),
    concerns: ({ Type, Action }) => Type === 'daemon' && Action === 'launches',
  }),
  save: (launch: QuickLaunchRequest) => call<QuickLaunch>('POST', '/ramet/v1/launches', { body: launch }),
  run: (id: string) => call<QuickLaunchRun>('POST', `/ramet/v1/launches/${id}/run`),
  remove: (id: string) => call('DELETE', `/ramet/v1/launches/${id}`),
}))
