import { createPinia } from 'pinia'
import { createApp } from 'vue'
import { connect } from './api/engine.ts'
import { asError } from './api/failure.ts'
import App from './App.vue'
import NoSession from './NoSession.vue'
import { makeRouter } from './router.ts'
import './styles/tokens.css'
import './styles/base.css'
import './styles/controls.css'

try {
  await connect()
  createApp(App).use(createPinia()).use(makeRouter()).mount('#app')
} catch (error) {
  createApp(NoSession, { message: asError(error).message }).mount('#app')
}
