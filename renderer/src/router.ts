import { createRouter, createWebHashHistory, type Router } from 'vue-router'
import { text } from './text/index.ts'

const { nav } = text.common

/** Is called once the link's token was taken out of the address: making it rewrites that. */
export function makeRouter(): Router {
  const router = createRouter({
    history: createWebHashHistory(),
    routes: [
      { path: '/', redirect: '/memory' },
      {
        path: '/memory',
        name: 'dashboard',
        component: () => import('./features/dashboard/DashboardPage.vue'),
        meta: { title: nav.dashboard },
      },
      {
        path: '/containers',
        name: 'containers',
        component: () => import('./features/containers/ContainersPage.vue'),
        meta: { title: nav.containers },
      },
      {
        path: '/containers/:id/:tab?',
        name: 'container',
        component: () => import('./features/containers/detail/ContainerPage.vue'),
        props: true,
        meta: { title: nav.containers },
      },
      {
        path: '/run',
        name: 'run',
        component: () => import('./features/run/RunPage.vue'),
        meta: { title: text.run.title },
      },
      {
        path: '/images',
        name: 'images',
        component: () => import('./features/images/ImagesPage.vue'),
        meta: { title: nav.images },
      },
      {
        path: '/images/:id',
        name: 'image',
        component: () => import('./features/images/ImagePage.vue'),
        props: true,
        meta: { title: nav.images },
      },
      {
        path: '/templates',
        name: 'templates',
        component: () => import('./features/templates/TemplatesPage.vue'),
        meta: { title: nav.templates },
      },
      {
        path: '/volumes',
        name: 'volumes',
        component: () => import('./features/volumes/VolumesPage.vue'),
        meta: { title: nav.volumes },
      },
      {
        path: '/volumes/:name',
        name: 'volume',
        component: () => import('./features/volumes/VolumePage.vue'),
        props: true,
        meta: { title: nav.volumes },
      },
      {
        path: '/networks',
        name: 'networks',
        component: () => import('./features/networks/NetworksPage.vue'),
        meta: { title: nav.networks },
      },
      {
        path: '/activity',
        name: 'activity',
        component: () => import('./features/activity/ActivityPage.vue'),
        meta: { title: nav.activity },
      },
      {
        path: '/settings',
        name: 'settings',
        component: () => import('./features/settings/SettingsPage.vue'),
        meta: { title: nav.settings },
      },
      {
        path: '/doctor',
        name: 'doctor',
        component: () => import('./features/doctor/DoctorPage.vue'),
        meta: { title: nav.doctor },
      },
      { path: '/:other(.*)*', redirect: '/memory' },
    ],
  })

  router.afterEach(({ meta }) => {
    document.title = `${String(meta['title'] ?? '')} · ${text.common.product}`
  })
  return router
}
