#pragma once
#include <napi.h>

#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>

#include "dispatcher.h"
#include "error.h"
#include "worker_pool.h"

namespace ramet {

// What one JavaScript environment (the main thread's, a worker's) has of this addon.
struct AddonData {
  std::shared_ptr<Dispatcher> dispatcher;
  // `new LibvirtError(message, code, domain, level)`, given by index.ts.
  Napi::FunctionReference error_class;
  // Functions of subscriptions, by `Listener`. They end with the environment where libvirt has not let go of them.
  std::unordered_map<unsigned, Napi::FunctionReference> listeners;
  unsigned next_listener = 0;
};

inline AddonData& addon(Napi::Env env) { return *env.GetInstanceData<AddonData>(); }

inline Napi::Value to_error(Napi::Env env, const LibvirtFailure& failure) {
  return addon(env).error_class.New({Napi::String::New(env, failure.what()), Napi::Number::New(env, failure.code),
                                     Napi::Number::New(env, failure.domain), Napi::Number::New(env, failure.level)});
}

// Runs `work` on a thread of the pool and settles a promise with `convert(env, result)`. `work` touches no JavaScript.
template <typename Work, typename Convert>
Napi::Value run(Napi::Env env, Work work, Convert convert) {
  using Result = decltype(work());
  auto deferred = Napi::Promise::Deferred::New(env);
  auto dispatcher = addon(env).dispatcher;
  dispatcher->call_begins(env);
  WorkerPool::instance().submit([=]() mutable {
    auto result = std::make_shared<std::optional<Result>>();
    auto failure = std::make_shared<std::optional<LibvirtFailure>>();
    try {
      result->emplace(work());
    } catch (const LibvirtFailure& error) {
      failure->emplace(error);
    } catch (const std::exception& error) {
      // The machine is out of memory or threads: that call fails, not the process.
      failure->emplace(VIR_ERR_SYSTEM_ERROR, VIR_FROM_NONE, VIR_ERR_ERROR, error.what());
    }
    dispatcher->post([=](Napi::Env env) {
      dispatcher->call_ends(env);
      if (*failure) deferred.Reject(to_error(env, **failure));
      else deferred.Resolve(convert(env, **result));
    });
  });
  return deferred.Promise();
}

struct Nothing {};

// For calls that answer nothing but whether they failed.
template <typename Work>
Napi::Value run(Napi::Env env, Work work) {
  auto wrapped = [work]() mutable {
    work();
    return Nothing{};
  };
  return run(env, wrapped, [](Napi::Env env, const Nothing&) { return env.Undefined(); });
}

}  // namespace ramet
