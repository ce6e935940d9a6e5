#include "reconciler/drift/checkout_memory.h"

#include <filesystem>
#include <system_error>

namespace hearth {

namespace {

std::string key_of(const std::string& folder) {
  std::error_code error;
  const auto path = std::filesystem::weakly_canonical(folder, error);
  return "checkout " + (error ? folder : path.string());
}

}  // namespace

CheckoutMemory recall_checkout(const Journal& journal, const std::string& folder) {
  CheckoutMemory memory;
  const auto fact = journal.fact(key_of(folder));
  if (!fact || !fact->is_map()) return memory;
  memory.remote = fact->string_or("remote", "");
  memory.good = fact->string_or("good", "");
  memory.since = fact->integer_or("since", 0);
  memory.trouble = fact->string_or("trouble", "");
  return memory;
}

Result<void> remember_checkout(Journal& journal, const std::string& folder, const CheckoutMemory& memory) {
  const auto noted = journal.note_fact(key_of(folder), Map{{"remote", memory.remote},
                                                           {"good", memory.good},
                                                           {"since", memory.since},
                                                           {"trouble", memory.trouble}});
  return noted ? journal.flush() : noted;
}

}  // namespace hearth
