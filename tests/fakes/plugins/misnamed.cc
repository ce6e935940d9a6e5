#include "tests/fakes/plugins/empty_provider.h"

namespace {

class TestProvider final : public hearth::EmptyProvider {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "somebody_else"; }
};

}  // namespace

HEARTH_PROVIDER(TestProvider)
