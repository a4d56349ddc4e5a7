#pragma once
#include <napi.h>

#include <functional>
#include <memory>
#include <mutex>

namespace ramet {

// The way back to one JavaScript environment from any thread; safe to use after that environment is gone.
class Dispatcher : public std::enable_shared_from_this<Dispatcher> {
 public:
  using Task = std::function<void(Napi::Env)>;

  static std::shared_ptr<Dispatcher> create(Napi::Env env);
  // Runs the task on the JavaScript thread; drops it where there is none any more.
  void post(Task task);
  // On the JavaScript thread: calls under way keep the process alive, subscriptions alone do not.
  void call_begins(Napi::Env env);
  void call_ends(Napi::Env env);
  void close();

 private:
  static void run(napi_env env, napi_value callback, void* context, void* data);

  std::mutex mutex_;
  napi_threadsafe_function function_ = nullptr;
  unsigned pending_ = 0;
};

}  // namespace ramet
