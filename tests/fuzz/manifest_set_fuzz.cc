// Whole sets of manifests: whatever the texts hold, loading ends, says so with complaints and leads nowhere.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "reconciler/manifest/manifest_set.h"
#include "tests/fakes/manifest_kinds.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

// Input: files, one after another, each ended by a byte 0xFF (which no text of UTF-8 holds). The set around
// them is right, so that the fuzzer gets past the first passes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::vector<std::pair<std::string, std::string>> texts = {
      {"hearth.yaml", "format: 1\n"},
      {"nodes.yaml", "kind: Node\nitems: {Home: {address: a, nic: n}, pve: {address: b}}\n"},
      {"base.yaml",
       "kind: Directory\nname: d\nhosts: all\nspec: {path: /d}\n---\nkind: Account\nname: u\nhosts: all\n"}};
  while (!rest.empty()) {
    const auto end = rest.find('\xff');
    texts.emplace_back("f" + std::to_string(texts.size()) + ".yaml", std::string(rest.substr(0, end)));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  const auto set = hearth::load_manifest_texts(texts, hearth::fakes::kinds());
  require(set.complete == !set.diagnostics.has_errors());
  for (const auto& resource : set.resources) {
    require(resource.kind != nullptr && resource.desired.is_map());
    require(set.find(resource.address) == &resource);
    require(resource.address.host.empty() || set.find_host(resource.address.host) != nullptr);
    for (const auto& dependency : resource.dependencies) require(set.find(dependency.on) != nullptr);
  }
  require(hearth::fingerprint(set).size() == 64);
  return 0;
}
