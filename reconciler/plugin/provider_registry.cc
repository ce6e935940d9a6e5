#include "reconciler/plugin/provider_registry.h"

#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "providers/provider.h"

namespace hearth {

namespace {

std::string octal(mode_t mode) {
  std::string out;
  for (unsigned bits = mode & 07777U; bits != 0; bits >>= 3U)
    out.insert(out.begin(), static_cast<char>('0' + (bits & 7U)));
  return "0" + out;
}

// Whoever may write to PATH decides what hearth runs as root. Nothing when only root and the user who runs
// hearth may.
std::optional<Diagnostic> untrusted(const std::string& path, std::string_view what) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) {
    return failure("plugin-unreadable",
                   std::string(what) + " " + path + " cannot be looked at: " + std::strerror(errno),
                   "check the installation");
  }
  if (status.st_uid != 0 && status.st_uid != geteuid()) {
    return failure("plugin-writable",
                   std::string(what) + " " + path + " belongs to user " + std::to_string(status.st_uid) +
                       ", who could change what hearth runs",
                   "if you trust its content: chown root " + path);
  }
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return failure("plugin-writable",
                   std::string(what) + " " + path + " has mode " + octal(status.st_mode) +
                       ", so that others could change what hearth runs",
                   "if you trust its content: chmod go-w " + path);
  }
  return std::nullopt;
}

// dlerror() is for people; it never says nothing after a failure, but its type allows it.
std::string linker_error() {
  const char* text = dlerror();
  return text == nullptr ? "unknown error" : text;
}

template <typename Function>
Function* symbol(void* module, const char* name) {
  return reinterpret_cast<Function*>(dlsym(module, name));
}

}  // namespace

void ProviderRegistry::add(const Provider& provider) {
  loaded_[std::string(provider.name())] = &provider;
}

Result<const Provider*> ProviderRegistry::load(std::string_view name) {
  if (const auto found = loaded_.find(name); found != loaded_.end()) return found->second;

  const std::string wanted = folder_ + "/hearth_" + std::string(name) + ".so";
  // Links are followed first: what counts is where the module really lies, and nobody may move it between
  // look and load.
  const std::unique_ptr<char, decltype(&std::free)> real(realpath(wanted.c_str(), nullptr), &std::free);
  if (!real) {
    return tl::unexpected(failure(
        "plugin-missing",
        "provider \"" + std::string(name) + "\" has no module " + wanted + ": " + std::strerror(errno),
        "install it, or correct the provider's name in the kind's schema"));
  }
  const std::string path = real.get();
  if (auto refusal = untrusted(path.substr(0, path.rfind('/') + 1), "the folder"))
    return tl::unexpected(std::move(*refusal));
  if (auto refusal = untrusted(path, "the module")) return tl::unexpected(std::move(*refusal));

  // Everything is resolved at once (a missing symbol shows here, not in the middle of an apply), and the
  // module stays for the life of the process: values that it made may outlive every use of the registry.
  void* const module = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (module == nullptr) {
    return tl::unexpected(failure("plugin-broken", "the module " + path + " does not load: " + linker_error(),
                                  "install hearth and its providers from the same build"));
  }
  // The tag comes first: nothing else of a module from another build may be touched, not even called.
  auto* const tag = symbol<const char*() noexcept>(module, "hearth_abi_tag");
  const std::string theirs = tag == nullptr ? "" : tag();
  if (theirs != HEARTH_ABI_TAG) {
    return tl::unexpected(failure("plugin-abi",
                                  "the module " + path + " was built for " +
                                      (theirs.empty() ? "something else than hearth" : "\"" + theirs + "\"") +
                                      ", this hearth is \"" HEARTH_ABI_TAG "\"",
                                  "install hearth and its providers from the same build"));
  }
  auto* const entry = symbol<const Provider*() noexcept>(module, "hearth_provider");
  const Provider* const provider = entry == nullptr ? nullptr : entry();
  if (provider == nullptr) {
    return tl::unexpected(failure("plugin-broken", "the module " + path + " holds no provider",
                                  "define one with HEARTH_PROVIDER()"));
  }
  if (provider->name() != name) {
    return tl::unexpected(failure("plugin-broken",
                                  "the module " + path + " calls itself \"" + std::string(provider->name()) +
                                      "\", not \"" + std::string(name) + "\"",
                                  "a module's file name is hearth_<provider>.so"));
  }
  if (provider->kinds().empty()) {
    return tl::unexpected(
        failure("plugin-broken", "the module " + path + " knows no kinds", "install it anew"));
  }
  loaded_.emplace(name, provider);
  return provider;
}

}  // namespace hearth
