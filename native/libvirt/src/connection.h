#pragma once
#include <napi.h>

namespace ramet {

void export_connection(Napi::Env env, Napi::Object exports);

}  // namespace ramet
