export { EngineError, isAbort } from '../contract/errors.ts'
