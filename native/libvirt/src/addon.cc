#include <napi.h>

#include "arguments.h"
#include "call.h"
#include "connection.h"
#include "domain.h"
#include "events.h"

namespace ramet {

namespace {

Napi::Value set_error_class(const Napi::CallbackInfo& info) {
  addon(info.Env()).error_class = Napi::Persistent(function(info, 0));
  return info.Env().Undefined();
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  auto data = std::make_unique<AddonData>();
  data->dispatcher = Dispatcher::create(env);
  env.SetInstanceData(data.release());
  exports.Set("setErrorClass", Napi::Function::New(env, set_error_class));
  export_connection(env, exports);
  export_domain(env, exports);
  export_events(env, exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(libvirt, init)

}  // namespace ramet
