// A node that answers nonsense, by accident or on purpose, must not bring hearth down.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "reconciler/transport/known_hosts.h"
#include "reconciler/transport/reply_parser.h"

namespace {

using namespace hearth;

// Short, so that the fuzzer can find it by itself.
constexpr std::string_view nonce = "NNNN";

const std::vector<Probe>& probes() {
  static const std::vector<Probe> all{ReadFile{"/a"},
                                      ReadFile{"/b", "", 4},
                                      ReadFile{"/b2", "", 4},
                                      ReadFile{"/odd\nname"},
                                      ListDirectory{"/d"},
                                      ListDirectory{"/e"},
                                      QueryUnit{"u.service", {"/c"}},
                                      QueryUnit{"v.service", {}},
                                      RunProbe{{"x"}},
                                      CountOldFiles{"/t", std::chrono::seconds(1)}};
  return all;
}

}  // namespace

// The first byte 0xfe parts the two streams.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t middle = std::min(text.find('\xfe'), text.size());
  const ScriptOutput output{std::string(text.substr(0, middle)),
                            std::string(text.substr(std::min(middle + 1, text.size())))};
  if (parse_replies(probes(), nonce, output).size() != probes().size()) std::abort();
  if (parse_results({2, 1}, nonce, output).size() != 2) std::abort();
  judge_host_key(text, "host", 22, {"ssh-ed25519", "AAAA", ""});
  return 0;
}
