#pragma once
#include <napi.h>

namespace ramet {

void export_domain(Napi::Env env, Napi::Object exports);

}  // namespace ramet
