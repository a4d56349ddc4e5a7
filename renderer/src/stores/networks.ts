import { defineStore } from 'pinia'
import type { Network } from '../../../contract/docker-networks.ts'
import { call, get } from '../api/engine.ts'
import { useList } from './list.ts'

/** Those that are there from the start. */
export const BUILT_IN = ['bridge', 'host', 'none']

export const useNetworks = defineStore('networks', () => ({
  ...useList<Network>({
    load: () => get('/networks'),
    concerns: ({ Type, Action }) =>
      Type === 'network' || (Type === 'container' && ['start', 'die', 'destroy'].includes(Action)),
  }),
  create: (name: string, internal: boolean) =>
    call('POST', '/networks/create', { body: { Name: name, Internal: internal } }),
  remove: (id: string) => call('DELETE', `/networks/${id}`),
}))
