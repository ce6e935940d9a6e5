// What two pieces of C++ must share to be loaded into one process.
#pragma once

#define HEARTH_STRINGIZE_(x) #x
#define HEARTH_STRINGIZE(x) HEARTH_STRINGIZE_(x)

// Raised whenever a type that crosses the plugin boundary changes.
#define HEARTH_ABI_VERSION 1

#if defined(__clang__)
#define HEARTH_ABI_COMPILER "clang-" HEARTH_STRINGIZE(__clang_major__)
#else
#define HEARTH_ABI_COMPILER "gcc-" HEARTH_STRINGIZE(__GNUC__)
#endif

#if defined(__SANITIZE_ADDRESS__)
#define HEARTH_ABI_SANITIZER "asan"
#elif defined(__SANITIZE_THREAD__)
#define HEARTH_ABI_SANITIZER "tsan"
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HEARTH_ABI_SANITIZER "asan"
#elif __has_feature(thread_sanitizer)
#define HEARTH_ABI_SANITIZER "tsan"
#endif
#endif
#ifndef HEARTH_ABI_SANITIZER
#define HEARTH_ABI_SANITIZER "plain"
#endif

#define HEARTH_ABI_TAG \
  "hearth-" HEARTH_STRINGIZE(HEARTH_ABI_VERSION) "/" HEARTH_ABI_COMPILER "/" HEARTH_ABI_SANITIZER
