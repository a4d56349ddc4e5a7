#pragma once
#include <napi.h>

namespace ramet {

void export_events(Napi::Env env, Napi::Object exports);

}  // namespace ramet
