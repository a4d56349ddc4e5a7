#include "dispatcher.h"

#include <utility>

namespace ramet {

std::shared_ptr<Dispatcher> Dispatcher::create(Napi::Env env) {
  auto dispatcher = std::make_shared<Dispatcher>();
  napi_status status =
      napi_create_threadsafe_function(env, nullptr, nullptr, Napi::String::New(env, "libvirt"), 0, 1, nullptr, nullptr,
                                      nullptr, &Dispatcher::run, &dispatcher->function_);
  if (status != napi_ok) throw Napi::Error::New(env);
  napi_unref_threadsafe_function(env, dispatcher->function_);
  // Added after the function's own hook, so it runs before: from then on no thread touches the function.
  auto* held = new std::shared_ptr<Dispatcher>(dispatcher);
  napi_add_env_cleanup_hook(
      env,
      [](void* data) {
        auto* held = static_cast<std::shared_ptr<Dispatcher>*>(data);
        (*held)->close();
        delete held;
      },
      held);
  return dispatcher;
}

void Dispatcher::post(Task task) {
  std::lock_guard lock(mutex_);
  if (!function_) return;
  auto* owned = new Task(std::move(task));
  if (napi_call_threadsafe_function(function_, owned, napi_tsfn_nonblocking) != napi_ok) delete owned;
}

void Dispatcher::call_begins(Napi::Env env) {
  if (pending_++ == 0 && function_) napi_ref_threadsafe_function(env, function_);
}

void Dispatcher::call_ends(Napi::Env env) {
  if (--pending_ == 0 && function_) napi_unref_threadsafe_function(env, function_);
}

void Dispatcher::close() {
  std::lock_guard lock(mutex_);
  if (!function_) return;
  napi_release_threadsafe_function(function_, napi_tsfn_abort);
  function_ = nullptr;
}

void Dispatcher::run(napi_env env, napi_value, void*, void* data) {
  std::unique_ptr<Task> task(static_cast<Task*>(data));
  // While the environment goes, tasks that still waited come without one.
  if (!env) return;
  Napi::HandleScope scope(env);
  try {
    (*task)(env);
  } catch (const Napi::Error& error) {
    // A listener threw: as from any callback, that is an uncaught exception.
    napi_fatal_exception(env, error.Value());
  }
}

}  // namespace ramet
